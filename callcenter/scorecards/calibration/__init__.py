"""Several graders, one call: how far they agree."""
