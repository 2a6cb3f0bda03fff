"""Receipts: posts and events from outside that were acted on, so that each is acted on once.

A receipt is written in the transaction that acts: what comes twice at once waits for the first, and finds
the receipt; what failed has none, and may come again. Kept as digests, until nothing older is let in.
"""
