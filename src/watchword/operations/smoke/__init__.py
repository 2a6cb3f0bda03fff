"""Smoke: a running service, looked at from outside as its users and their programs do.

     1 tls        a certificate that a stranger can verify, and for how long it is good still
     2 live       the process answers                3 ready      it takes requests
     4 health     it is healthy, asked by GET and by HEAD
     5 headers    what keeps browsers safe           6 missing    a problem, where nothing is
     7 contract   the API is described               8 keys       public ones, none private
     9 pages      people find the sign-in page      10 contact    `/.well-known/security.txt`
    11 metrics    they are not told to strangers

With an account for trials (--account), whose password is read from a file or typed:

    12 sign-in    its password opens              13 caller     the access token is worth something
    14 refresh    the refresh token gives the next 15 sign-out   afterwards it is worth nothing

In development --register makes that account first, and reads its code at /dev/mail. Nothing else is left
behind: the session of the trial is ended. Exit 0 when nothing is wrong, else 1.
"""
