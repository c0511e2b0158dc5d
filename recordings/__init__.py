"""What is kept of a call. May import the core's services; the core never imports it."""
