"""Floor 5: joins everything; decides nothing."""
