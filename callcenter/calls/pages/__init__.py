"""Whether an agent's page is open and able to ring."""
