"""Open questions (W2, W3, R9) and referrals of outside bodies (K8)."""
