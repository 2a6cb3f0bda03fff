"""Code proof: tell the right code from a wrong one; every door that asks for one comes by here.

    prove   purpose, address, code, from where
              -> what cannot be a code (letters, too few digits) is `invalid_input`, whoever asks: it is no
                   guess, and counts for nobody but the network that knocks
              -> the guess is counted in its own commit, then compared (records/tickets)
                   right      no guess after all; the flow spends the code and the count is forgotten
                   wrong      `code_invalid`; one too many, and the address refuses codes for a while
                              (docs/flows/lockout)

A ticket bears a few guesses of its own; whoever has a new one sent each time, from a new network each
time, meets the count of the address. It counts at whichever door the code was tried, an address without an
account counts just the same, and costs the same work. Wrong codes are counted apart from wrong passwords,
so that a stranger who guesses at one does not shut the owner out of the other; the link of the same
letter opens meanwhile. A browser that the account knows has a count of its own (records/guesses), and so
has the owner who is signed in.

It has no doors: flows see it as the port `CodeProof` (docs/decisions/0016).
Problems: `invalid_input`, `code_invalid`, `too_many_attempts`, `rate_limited`.
Source: NIST SP 800-63B-4, section 3.2.2; OWASP Authentication.
"""
