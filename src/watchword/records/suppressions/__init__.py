"""Suppressions: addresses that letters are kept from, each with why, who said so, and since when.

    add       a carrier told of a bounce or a complaint, or an operator wants none sent there
    judge     before a letter leaves: may it, on which ground not
    forgive   whoever reads the mailbox has proven it: what bounced is forgotten
    remove    an operator takes an address off the list

    because of     a code that was just asked for     notices and the rest
    bounce         one a day, as a trial              withheld
    complaint      sent                               withheld
    operator       withheld                           withheld

A mailbox that comes back is so found again by its owner, and who complained of letters can still sign in.
The address stays readable, because operators look for it, and the accounts' table holds it likewise; it
outlives a change of the pepper.
Source: M3AAWG Sender Best Common Practices, version 3 (bounces, feedback loops).
"""
