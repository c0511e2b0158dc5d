"""The only joining place: builds the centre from its rooms and keeps it running."""
