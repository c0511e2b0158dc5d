"""The conversation with a customer that follows a script, and can be resumed."""
