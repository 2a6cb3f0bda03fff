"""Metrics: what is counted, for Prometheus.

counting     everything this process counts
snapshots    what it has counted at one moment, and what several come to together
board        memory that the processes of one service share, to tell what all counted
compat       the names that dashboards of a seed system ask for
"""
