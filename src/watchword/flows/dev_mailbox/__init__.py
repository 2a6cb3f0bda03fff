"""The development mailbox: what would have left this machine, to read in a browser or by a script.

    /dev/mail                the list, newest first, a hundred
    /dev/mail/{id}           one letter: as it looks, as text, as its source
    /dev/mail/{id}/html      the HTML part alone, in a sandbox with a policy of its own
    /dev/mail/{id}/text      the text part        /dev/mail/{id}/source   the source
    /dev/mail.json           the list             /dev/mail/newest.json   the last with a code or token
    newest.json?to=address   ... of one mailbox

It exists in development alone: anywhere else these addresses are not found. Nobody signs in to read
it, so the letters in it must be nobody's. Problem: `not_found`.
"""
