"""Return calls, the follow-up script and its evaluations. May import routing, roster, calls, agents, customers, web,
storage, asterisk; never complaints, flags, worklog: those are notified by durable jobs.
"""
