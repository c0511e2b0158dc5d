"""The call centre: one package per subject, with imports in one direction only.

docs/architecture.md has the map; `make check` enforces the order of imports (pyproject.toml).
"""
