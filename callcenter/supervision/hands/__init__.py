"""An agent raises a hand for a supervisor, who answers it."""
