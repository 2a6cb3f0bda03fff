"""Address change: the account gets another e-mail address, once that mailbox has proven itself.

    begin     new address, signed in within fifteen minutes
                           -> a link and a code to the new mailbox, a notice with an undo link to the old one
    confirm   link, or code while signed in
                           -> the account has the new address; other sessions and every other ticket end
    undo      link of the notice, for seven days, also after the confirmation
                           -> the old address is back; password, PIN, the proof of the number and every
                              linked identity are gone, every session ended, and a letter comes with a link
                              and a code to choose a new password

The answer to `begin` is the same whether or not the new address has an account, and the notice leaves
either way; the owner of a taken address is told in a letter. An account that never proved the address
does not hold it against somebody who does. Of two who confirm one address at the same time one wins.

The letter of an undo link carries no code: nobody waits at a page where it could be typed, for seven days.
An undo link outlives resets and changes of the password, and it takes with it the undo links issued after
it: so whoever moves an account away cannot move it back against its first owner. Nor can they have it erased:
the link undoes an erasure that was asked for since, whose own undo link went to the other mailbox.

Problems: `token_invalid|used|expired`, `code_invalid`, `email_taken`, `invalid_input`, `rate_limited`,
`fresh_sign_in_required`.
Source: NIST SP 800-63B-4, section 4.1.2; OWASP Authentication (change of e-mail address).
"""
