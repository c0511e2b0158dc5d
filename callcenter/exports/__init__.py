"""Any list as a CSV or XLSX file, over HTTP and by command. Each room says what its list is; nothing here knows a room.
May import web and storage.
"""
