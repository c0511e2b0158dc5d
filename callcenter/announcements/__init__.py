"""Announcements to agents, and who has read them (H2)."""
