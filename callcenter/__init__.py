"""The service centre's core: rooms by subject, arrows point down.

app > conduct > routing, roster > calls > agents, customers > web > asterisk, storage; `make check` checks the arrows.
"""
