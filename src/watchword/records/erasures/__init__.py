"""Erasures: who asked to be erased, until when that can be undone, when it happened; and who may not be.

    asked -> due -> erased                 the row is the receipt: ids and moments, nothing of a person
          -> undone                        before it is due

    tombstones   the erasures that happened: a database restored from an older backup is erased anew by them
    hold         an operator's word that a legal duty keeps an account as it is, until it is lifted

Nothing here is deleted: a tombstone must outlive every backup.
"""
