"""Metrics: what is counted, for Prometheus.

counting     everything this process counts
places       countries as a label, of which there are never too many
snapshots    what it has counted at one moment, and what several come to together
board        memory that the processes of one service share, to tell what all counted
compat       the names that dashboards of a seed system ask for
"""
