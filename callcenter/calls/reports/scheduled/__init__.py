"""Saved reports that are sent by e-mail or written into a folder, each due one once."""
