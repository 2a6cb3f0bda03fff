"""The chain: rows, each under a digest over itself and the digest before it, so that no change stays unseen.

links         a row, a link and the head, and how one leads to the next
checkpoints   a head that we signed, and as the log tells it and gives it back
stretches     how a part of the chain looks in cold storage
cold          the way to cold storage: what is put there, and is still what it was

Which rows are linked, signed and put away is told in `records/audit`; what is wrong with a chain in
`operations/audit`.
"""
