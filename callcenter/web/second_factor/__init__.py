"""A second factor at sign-in."""
