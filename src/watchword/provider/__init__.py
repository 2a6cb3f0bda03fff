"""Floor 4: verbs of relying parties and services, one package per endpoint."""
