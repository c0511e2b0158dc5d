"""Printed forms of the roster: roster sheet, request for leave, handover log."""
