"""Builds the centre from its packages and keeps it running; the only place where they are wired together."""
