"""The follow-up script of a return call and the resulting evaluations (F1-F4)."""
