"""Supervisors move a waiting caller to another line, give them to one agent, or let them go ahead."""
