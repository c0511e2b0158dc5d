"""A plan as one table, in and out."""
