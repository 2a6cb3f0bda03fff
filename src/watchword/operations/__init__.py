"""Floor 4: verbs of operators."""
