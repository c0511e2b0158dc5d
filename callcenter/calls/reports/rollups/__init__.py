"""Counts of calls by half hour and by day, kept beside the records so that a year is answered at once."""
