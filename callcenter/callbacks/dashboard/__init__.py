"""The queue of return calls in figures."""
