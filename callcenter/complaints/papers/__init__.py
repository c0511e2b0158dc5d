"""The printed forms of a case (K1, K2)."""
