"""Password change: somebody who is signed in and knows the password chooses another.

    change   current password, new password   -> the password replaced, this session renewed,
                                                 every other session and every ticket ended, a letter

The current password is a guess like any other (docs/flows/password_proof). The new hash takes the place of
the one that was compared and of no other, so a reset that comes in between wins. This session continues
under a new cookie or new tokens; whoever copied the old ones is out. The right to undo a change of address
stays; a number that was proven less than `PHONE_CHANGE_DELAY` ago is unproven again, for it may be a thief's.

Problems: `invalid_input` (also for a wrong current password), `too_many_attempts`, `conflict`, `overloaded`.
Source: NIST SP 800-63B-4, section 4.1; OWASP Authentication.
"""
