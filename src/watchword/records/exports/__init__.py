"""Exports: everything that we know of a subscriber, asked for, prepared beside requests, taken once.

    waiting -> preparing -> ready -> taken       its bytes go when they are taken
                         -> failed               after five tries
               ready -> expired                  after EXPORT_TTL_HOURS

What was prepared stands sealed in its own row. A subscriber has one that is under way at most; a killed
worker's lease ends by itself, and another begins anew.
"""
