"""Idempotency keys: what a program asks for twice under one key is done once.

    keep   within the flow's transaction: a new key is kept with a digest of what was asked for;
           a known one with the same says that it was done, with another is a problem

A key is a program's own and lives for a day; the table holds digests of key and request alone. Of two that
come at once the second waits for the first; when that one fails, the second is the first.

Problems: `idempotency_key_missing` (none, or none that can be one), `idempotency_key_reused`.
Source: draft-ietf-httpapi-idempotency-key-header.
"""
