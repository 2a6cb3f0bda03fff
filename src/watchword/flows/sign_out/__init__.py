"""Sign-out: end this session, or all of them; and the token that proves a request comes from our pages.

    here         cookie, access token or refresh token   -> that session has ended, the cookie is gone
    everywhere   signed in                               -> every session of the account has ended
    forget       the page that says so          -> the browser drops what its back button would still show
    csrf         anybody with a browser                  -> the token for calls made with a cookie

Signing out always succeeds: whoever has nothing to end is signed out already. An access token of an ended
session is refused at once at our own doors (`sid` is looked up), elsewhere when it expires.

Source: OWASP Session Management; OWASP Cross-Site Request Forgery Prevention.
"""
