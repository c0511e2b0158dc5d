"""How two people talk with each other in a recording: dead air, talking over each other, shares, monologues.

May import the core, and of the recordings the reading of kept sound and the detection of voices.
"""
