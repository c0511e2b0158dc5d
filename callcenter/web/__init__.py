"""HTTP conventions that all packages share: routes and OpenAPI, problems, sessions and roles, audit, live feed.

Imports no subject package.
"""
