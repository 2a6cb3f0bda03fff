"""PIN reset: the letter with the code by which a subscriber chooses a new PIN for the telephone.

    pin_code   code and link, for those who asked by telephone and have a mailbox; its subject is not that
               of a code to sign in

The letter stands here before its flow does. Source: Molam's keys `PIN_OTP_EMAIL_SUBJECT` and `..._BODY`.
"""
