"""Failures of trunk, phones, disk, database, PBX and service (R7): raised, notified, acknowledged, on record."""
