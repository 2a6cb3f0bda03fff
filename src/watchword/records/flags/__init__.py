"""Flags: what operators have switched, for all or for one tenant, and since when.

    put      a flag has this share from now on          drop    it is at its default again
    load     this process takes what is switched        every   all that is switched

The rows are few and read whole; each process keeps them (`plumbing/flags`), hears of a change by the news,
and looks every few seconds in case it did not. Docs: docs/operate/flags.md.
"""
