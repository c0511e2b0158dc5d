"""Dated entries in a customer's file."""
