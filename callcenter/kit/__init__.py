"""Pure helpers that belong to no room."""
