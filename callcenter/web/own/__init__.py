"""What a person keeps for themselves: the settings of their pages, and their signed-in browsers."""
