"""An agent's shifts as a calendar feed with a secret address (RFC 5545)."""
