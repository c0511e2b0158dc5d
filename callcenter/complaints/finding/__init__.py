"""Lists of cases: filters, saved filters, full-text search."""
