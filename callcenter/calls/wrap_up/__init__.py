"""The wrap-up after a call: its deadline lives on the server, is extended with a reason, and ends early."""
