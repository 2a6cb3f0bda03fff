"""Password proof: tell the right password from a wrong one; every door that asks for one comes by here.

    prove   address, password, from where, at which door
              -> the guess is counted in its own commit, then compared
                   right      whose it is; the flow forgets the count once it has done what it was asked
                   wrong      a fact; one too many locks (docs/flows/lockout)
                   too busy   the guess is taken back
                   the process dies   it counts; were it the last, the account heals after the lock time

A guess counts for the address, whichever door it was made at. A browser that the account knows has a count
of its own (records/guesses), so strangers cannot shut its owner out. An address without an account costs
the same work, but for a hash that another system made (docs/decisions/0034). Whoever is signed in proves the
password of their own account, and of no other that has the address by now.

It has no doors: flows see it as the port `PasswordProof` (docs/decisions/0016).
Problems: `too_many_attempts`, `rate_limited`, `overloaded`.
Source: NIST SP 800-63B-4, section 3.2.2; OWASP Authentication.
"""
