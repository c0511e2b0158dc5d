"""Versions of the follow-up script, and conversations that follow one."""
