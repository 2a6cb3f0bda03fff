"""Floor 1: the words everyone shares. Standard library only, no I/O."""
