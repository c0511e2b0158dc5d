"""Transcribes kept recordings: engines, workers, versions, search.

May import the core's services and `recordings.courtesy`; engines are loaded only inside the worker process, so nothing
here needs them installed.
"""
