"""Work logs of the agents, reports of unusual customers, the month's summary (W4, S4).

May import calls, agents, customers, web, storage; what cases and return calls know comes through callables.
"""
