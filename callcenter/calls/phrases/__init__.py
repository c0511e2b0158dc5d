"""Phrases that agents insert into what they write by a short key."""
