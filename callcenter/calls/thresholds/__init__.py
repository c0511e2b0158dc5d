"""From which figures on the floor and the wall show a warning, per line."""
