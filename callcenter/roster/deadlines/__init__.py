"""When rosters are due, and reminders of those that are not published (D1)."""
