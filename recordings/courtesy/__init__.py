"""Checks courtesy in a call (C1-C3, R2): word lists as data, a pure check, findings raised as flags for a person.

May import the core's services; of `recordings.transcripts` only its model.
"""
