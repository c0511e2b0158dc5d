"""Stores recordings of calls: capture, keeping, the vault, retention, erasure and playback.

May import the core's services (calls, customers, web, storage, asterisk); the core never imports it. Only
callcenter.centre.rooms, callcenter.centre.build and callcenter.cli.main connect it.
"""
