"""The browser's side: static pages that are clients of the public API with no private door."""
