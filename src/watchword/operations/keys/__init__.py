"""Signing keys, from the console.

    list       which keys sign and verify                  (never a private half)
    rotate     retire the active key, make another         every process hears of it at once
    generate   print fresh secrets for an environment      nothing is stored

A retired key verifies until the last token it signed has expired, so nobody is signed out.
"""
