"""Benchmarks P1-P8: what the product costs, always beside something a reader could use instead.

A figure alone ages with the machine it was measured on. So every experiment runs our half and its
peer in turn, in the same minute on the same servers, and the promise is a ratio between the two.
Rows in the database are counted, never the successes a client believes in. `python -m benchmarks`.
"""
