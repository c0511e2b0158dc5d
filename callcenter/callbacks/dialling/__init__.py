"""Dialling of a claimed return call: the agent first, then the customer."""
