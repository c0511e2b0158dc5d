"""What is kept of a call: capture, keeping, the vault, retention, erasure, and reading it again.

May import the core's services (calls, customers, web, storage, asterisk); the core never imports it. Only
callcenter.centre.rooms, callcenter.centre.build and callcenter.cli.main join it.
"""
