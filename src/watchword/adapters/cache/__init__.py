"""Where copies of what the database has are kept for a while.

redis      in Redis or Valkey, for all processes together
nothing    nowhere, which is the default
"""
