"""The figures of the day so far, beside what happens now: for the floor and the wallboard (S1)."""
