"""The phone in an agent's page: its account, and the way to Asterisk's WebSocket through our own origin."""
