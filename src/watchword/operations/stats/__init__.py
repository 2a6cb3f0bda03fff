"""Statistics, from the console: how many accounts, sessions and codes there are, and what waits.

accounts   by status                          sessions   that live
codes      that could still be used, by purpose; no code is shown
letters    that wait                          connections   of this process / at most
"""
