"""The history of a case as a chain of hashes, and its verification (K7)."""
