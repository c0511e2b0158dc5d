"""Who is in and out of adherence now, also live."""
