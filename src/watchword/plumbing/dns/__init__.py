"""The DNS as senders of mail need it: what a zone answers, and what its records mean.

zone        a look-up, as a function; the rules below are pure functions over it
names       domains as the DNS writes them (lower case, A-labels)
resolver    the look-up that asks a real resolver                    extra `dns`
spf         who may send (RFC 7208), and how many look-ups that takes
macros      what an SPF record may work out from who asks
senders     whom such a record lets send, through all that it leads to
dkim        the keys that signatures are verified with (RFC 6376, 8301, 8463)
dmarc       what receivers do with the rest (RFC 9989; its tags of RFC 7489)
records     a record that we want, and what comparing it with the zone found
comparing   that comparison, and the exact difference
providers   the records that each provider wants
tags        the lists of `name=value;` that DKIM and DMARC are written in
"""
