"""The line of an agent's day: what they did and when, from presence and records."""
