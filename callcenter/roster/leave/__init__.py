"""Leave: requested on a form, approved by a named person, sickness included (D4)."""
