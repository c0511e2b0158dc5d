"""Swaps of shifts: agreed between two agents, approved by a supervisor (D3)."""
