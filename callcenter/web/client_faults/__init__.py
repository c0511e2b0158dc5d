"""Faults that the pages of the centre report about themselves."""
