"""The browser client: static pages that use only the public API."""
