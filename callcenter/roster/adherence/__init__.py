"""How far agents are where the roster has them, and how much of the planned time is lost (shrinkage)."""
