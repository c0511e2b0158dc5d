"""Pure helpers that belong to no single package."""
