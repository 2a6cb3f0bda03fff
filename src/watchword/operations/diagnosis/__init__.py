"""Diagnosis: where a live process spends its time, and what fills its memory, without a stop.

    SIGUSR1   stacks of all threads for ten seconds, a hundred times a second, one line for each that was
              seen and how often: what any flame graph reads
    SIGUSR2   memory: what the system counts, and what Python keeps by type, with numbers and sizes; tasks
              by name
    watchword debug profile|heap --pid N    sends the signal and tells where the reports are

Each process writes a file of its own into DEBUG_DIR, for its owner alone (mode 600). A report names
files, functions and types, and never a value. Off unless DEBUG_DIR is set: then the signals are
ignored. A signal to the first process of several reaches all of them; the command sends none to a
process that does not heed it, for that would end it. The work is done in a thread, off the hot path.
Ledger: G-69.
"""
