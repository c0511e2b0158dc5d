"""Shifts: who is on duty on which line and when. May import agents, web, storage."""
