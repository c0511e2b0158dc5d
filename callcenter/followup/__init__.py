"""The follow-up script of a return call and the evaluations that it yields (F1-F4)."""
