"""The screen pop: what an agent knows of a caller while the phone rings."""
