"""The survey after the call: one question that the caller answers by key."""
