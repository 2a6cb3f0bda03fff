"""Work: what is done beside requests.

jobs       what there is to do, on news or by the clock, and who runs it
outages    what keeps jobs from being done is said when it begins and ends
porters    they carry pieces of work out of the outbox, several at once
watch      before a carrier is asked: does a piece still hold, and is it still ours
settling   what became of pieces is written, with what belongs to it; dead ones, later ones
sending    what letters and texts have in common on that way to a carrier
relaying   events on their way from the event outbox to their destinations
rounds     in which order a relay tries what is due, and what it makes of the answers
"""
