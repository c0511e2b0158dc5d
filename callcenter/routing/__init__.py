"""Lines and queues; the plan of who may take what, and its sync to Asterisk. May import calls, agents and below."""
