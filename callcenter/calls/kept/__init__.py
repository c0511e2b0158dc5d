"""A caller stays while the page of their agent is reloaded, hears music, and talks on as the page's phone is back."""
