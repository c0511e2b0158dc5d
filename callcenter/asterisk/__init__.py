"""Everything that talks to Asterisk and nothing else.

May import facts, settings, errors and clock; no subject package.
"""
