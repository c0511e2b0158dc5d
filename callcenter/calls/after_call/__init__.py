"""The state that an agent takes after the present call, and what the floor remembers of agents across restarts."""
