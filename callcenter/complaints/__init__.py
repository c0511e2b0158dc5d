"""Complaint cases and the like (policy K, W3): steps, signatures, evidence, forms. May import routing, roster, calls,
agents, customers, forms, exports, web, storage, asterisk; never callbacks, conduct, worklog: those are told by durable
jobs.
"""
