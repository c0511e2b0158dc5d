"""Call control: an agent's actions on their own live call, alike for desk phones and browser phones."""
