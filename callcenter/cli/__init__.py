"""The command line: one file per room's commands, one session for all of them."""
