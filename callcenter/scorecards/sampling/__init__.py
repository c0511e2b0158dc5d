"""Selection of calls to grade: plans and reproducible draws."""
