"""Signing keys, from the console: list them, rotate them, make files of them.

    list       which keys sign and verify; never a private half
    rotate     retire the active key, make another; every process hears of it at once
    generate   write an RSA pair as files, for JWT_PRIVATE_KEY_PATH and JWT_PUBLIC_KEY_PATH

A retired key verifies until the last token it signed has expired, so nobody is signed out.
Problem: `keys_elsewhere` (the key comes from the settings). Source: RFC 7517, RFC 7638.
"""
