"""Complaint cases: steps, signatures, evidence, questions awaiting an answer, departments (K1-K8, W2, W3).

The `model` modules, `history.chain`, `file_types` and `pictures` are pure. The room may import customers, calls, web
and storage; it knows return calls and recordings only as durable jobs and as the port `Evidence`.
"""
