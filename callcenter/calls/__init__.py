"""Calls and offers, the ring rule (R1), the live floor and the call record.

May import agents, customers, web, storage and facts.
"""
