"""Floor 1: the words everyone shares. Standard library only, no I/O.

clock, chance, times         time and chance, handed over; spans of time in words
ids, secret, digits          names of things, what must not print, codes as people type them
facts, destinations          what happened; where events go
messages, feedback           a message as carriers take it; what they tell of it later
problems, parsing, parts     what goes wrong; texts into values; what a class is for
ports                        what flows need of the outside
addresses, assurance         who is asking, and how sure we are of it
mail_server                  where a mail server is, and how the way to it is encrypted
identity                     others who say who somebody is
managers                     others who keep secrets for us
flags                        what operators may switch, and for whom
limits, cron, backoff        how often, when, and after how long a pause
window                       how often each of many happened of late
unseen                       signs that nobody sees
"""
