"""Lines and queues; the routing plan and its sync to Asterisk. May import calls, agents and below."""
