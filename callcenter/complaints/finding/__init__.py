"""Lists of cases: filters, saved filters, search by words."""
