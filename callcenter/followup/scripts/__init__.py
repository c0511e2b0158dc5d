"""Versions of the follow-up script, and the conversations that follow one."""
