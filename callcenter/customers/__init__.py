"""Customer files and numbers. May import web and storage."""
