"""What a leader who takes an agent off the desk leaves on each line (D5, H4)."""
