"""Measures how two people talk in a recording: dead air, overlapping speech, shares, monologues.

May import the core, and of recordings only reading kept audio and voice detection.
"""
