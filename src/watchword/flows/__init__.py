"""Floor 4: verbs of people. They never import one another; they meet in stored state and in URLs."""
