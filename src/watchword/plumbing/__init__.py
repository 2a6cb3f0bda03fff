"""Floor 2: how bytes move here. The web, the database, letters, languages, limits, logs, metrics."""
