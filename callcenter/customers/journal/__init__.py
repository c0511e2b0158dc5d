"""Dated entries of a customer's file."""
