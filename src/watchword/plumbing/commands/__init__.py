"""Commands: what every command of `watchword` is written with.

console    how commands speak, and how they end
handed     what only `app` can do for a command, by its type
moments    moments on the command line, also as so long ago
options    what many commands can be told, in one spelling each
progress   a bar, or lines, for long work
queue      what operators do with waiting work of one kind
reading    what the settings of this process came to, for commands that want no house
visit      a round of checks, told line by line
"""
