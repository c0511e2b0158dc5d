"""The holidays and make-up days that the state publishes for a year, as administrators enter them."""
