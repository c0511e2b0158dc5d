"""What customers answered, and what it amounts to."""
