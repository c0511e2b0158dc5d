"""How many calls a day brings, by half hour, from the records; its error is measured on the past."""
