"""The figures of any period from the records, each with its definition in words and as a formula (S1)."""
