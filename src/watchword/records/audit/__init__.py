"""Audit: the rows of the journal as a chain, in which nothing is changed, taken out or moved unseen.

    wait         each row of the journal waits for its place; the database itself sees to that
    link         one process at a time gives what was committed the next positions; the digest of a link
                 covers the row and the digest before it
    checkpoint   every five minutes the head of the chain is signed under the pepper, kept, and said in the
                 log (AUDIT CHECKPOINT), where nobody of the database reaches; links that this process saw and
                 that are missing are told, too (audit.chain_cut)
    archive      what is old goes to cold storage, with its digests and without its origins; then from here

No flow waits for the chain: it writes its row, as ever, and cannot change anything without; a journal that
cannot be written refuses the flow. An origin (address, user agent, request id) is in a link as a digest
under the row's own salt. Erasure takes origin and salt from the row; the digest tells nothing then, and the
chain stays whole. `user_id` is a pseudonym: who it was is in `users` alone.

Problems: none; what is wrong with a chain is found by `audit verify`, see docs/operate/audit.md.
Source: RFC 9162 (signed heads); NIST SP 800-92; docs/decisions/0023.
"""
