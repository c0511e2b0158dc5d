"""What a caller hears while they wait: their place, the expected wait, and the keys by which they leave the queue."""
