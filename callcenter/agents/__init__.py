"""People, skills and dialects, phones, presence. May import web and storage."""
