"""Calls that the dialplan refused by the toll rules."""
