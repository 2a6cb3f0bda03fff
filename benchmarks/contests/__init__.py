"""One module per kind of work; each opens its servers and gives back a contest."""
