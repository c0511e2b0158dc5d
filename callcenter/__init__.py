"""The call centre: one package per subject, with imports in one direction only.

app > conduct > routing, roster > calls > agents, customers > web > asterisk, storage; `make check` enforces this order.
"""
