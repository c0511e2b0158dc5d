"""Agents, their skills and dialects, phones and presence. May import web and storage."""
