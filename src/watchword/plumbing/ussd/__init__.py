"""USSD: what of it is the network's, and not the menu's (docs/flows/ussd).

    gateway   what the gateway of a mobile network posts, and how it proves that it does
    gsm       the signs of a screen

Source: 3GPP TS 23.038, TS 22.090; RFC 7617.
"""
