"""Work: what is done beside requests.

jobs       what there is to do, on news or by the clock, and who runs it
outages    what keeps jobs from being done is said when it begins and ends
porters    they carry pieces of work out of the outbox, several at once
sending    what letters and texts have in common on that way to a carrier
"""
