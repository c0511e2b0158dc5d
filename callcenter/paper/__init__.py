"""Printed forms of the centre: values, pages, PDF and Word, and the archive of what was printed.

Rooms above build the values (a case becomes a TrackingForm); nothing here knows a case, a call or a customer.
May import web and storage.
"""
