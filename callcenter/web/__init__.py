"""HTTP manners that all rooms share: routes and OpenAPI, problems, sessions and roles, audit, live feed.

Imports no subject room.
"""
