"""Tests of the session of a caller in a flow."""
