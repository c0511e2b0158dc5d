"""What a leader decides about a break: granted out of turn, refused, longer (D5, D6)."""
