"""Tools for the tests that drive a real PBX from outside."""
