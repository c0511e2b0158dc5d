"""Who is on leave now with cases that are due before they are back, and which colleagues are there instead (D4, K4)."""
