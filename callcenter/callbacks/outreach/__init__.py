"""Return calls for many at once, and the do-not-call list."""
