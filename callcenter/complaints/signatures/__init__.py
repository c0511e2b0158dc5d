"""The chain of signatures of a case (K1, K2)."""
