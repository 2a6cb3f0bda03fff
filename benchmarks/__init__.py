"""How fast Watchword is, beside the machine's own limits and beside its rivals.

    python -m benchmarks                     every contest
    python -m benchmarks --quick             short rounds: does it all still run?
    python -m benchmarks --only sign-in      one contest (or one contender) of them

A *contest* is one kind of work, a *contender* someone who does it: a limit of the machine, a plain
application, a rival, or Watchword. Contenders take turns (A B A B ...), so that a noisy minute hurts
them alike; the figures are medians with their minimum and maximum, and a *ratio* compares
contenders round by round.

The server under measure has one core to itself; the load generator and PostgreSQL share another.
What else ran on those cores is measured too and written beside the figures.

Units: requests per second, milliseconds, microseconds of CPU per request, megabytes (10^6 bytes).
Everything stays on the loopback address and every process is ended by its id.
"""
