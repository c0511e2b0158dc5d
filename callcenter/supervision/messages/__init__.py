"""Messages to an agent, to those on a line, to all, or to the leaders, with receipts."""
