"""Exports any list as a CSV or XLSX file, over HTTP and by command. Each room defines its lists; none is known here.
May import web and storage.
"""
