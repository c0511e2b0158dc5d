"""Handles what the caller hears and presses.

May import `callcenter.asterisk`, `callcenter.errors`, `callcenter.settings` and services of the core.
"""
