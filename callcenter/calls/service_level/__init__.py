"""The service level (S1)."""
