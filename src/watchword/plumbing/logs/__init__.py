"""Logs: what is told to operators, line by line.

logger    one JSON line each on standard output, secrets and addresses struck out
files     the same lines in five files besides, turned over when full
"""
