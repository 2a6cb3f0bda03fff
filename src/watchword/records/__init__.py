"""Floor 3: nouns, what we remember; each alone owns its tables."""
