"""The expected wait of a caller in a queue, with its error."""
