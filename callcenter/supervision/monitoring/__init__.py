"""A supervisor listens to a call, speaks to the agent alone or to all, or takes the call over."""
