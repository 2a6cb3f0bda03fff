"""Administration: what the people who run the service do to accounts, by API and from the console.

    list, show                 accounts, with their guesses; by part of the address, by status
    lock, unlock               active <-> locked; unlocking forgives wrong guesses as well
    disable, enable            anything <-> disabled
    end sessions               all of one account
    create, role               from the console: an account, verified or not; what it may do

Doing something twice is doing it once: the answer is the account as it is now. A change of status
ends every session and voids every ticket of the account in the same transaction. An account whose
mailbox was never proven comes back as pending, not as active; one that waits for its erasure goes on
waiting, and stays locked or disabled when its owner undoes that. The last active administrator stays
one. Every act is a fact that names who did it: an administrator's id, or `console`.

Problems: `not_found`, `last_admin`, `email_taken`.
"""
