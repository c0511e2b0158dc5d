"""Work logs of the agents, reports of unusual customers, the month's summary (W4, S4).

May import calls, agents, customers, web, storage; data of cases and return calls is passed in as callables.
"""
