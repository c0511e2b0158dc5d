"""First-contact resolution, judged by who calls again."""
