"""Breaks and meals in turn: granted while coverage holds, otherwise queued with an expected time (D5, D6)."""
