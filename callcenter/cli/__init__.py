"""The command line: one file for the commands of each room, one session for all of them."""
