"""Runs sessions on Asterisk's channels over FastAGI."""
