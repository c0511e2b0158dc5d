"""Drafts: what a person has typed and not sent, kept on the server so that no reload loses it."""
