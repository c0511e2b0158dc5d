"""The forms of the roster: request for leave, handover log, roster sheet."""
