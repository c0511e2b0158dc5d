"""Which calls are graded: plans and repeatable draws."""
