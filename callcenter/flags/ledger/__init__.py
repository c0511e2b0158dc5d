"""The ledger of violations: proposals with their evidence, decided by named people, closed by the month (D7)."""
