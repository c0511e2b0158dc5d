"""What a publication of the roster changes for each agent."""
