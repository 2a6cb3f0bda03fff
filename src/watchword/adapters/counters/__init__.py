"""Where hits under a limit are counted; all keep to the arithmetic of `kernel.limits`.

memory     in this process
redis      in Redis or Valkey, for all processes together: one Lua script per decision
fallback   in Redis while it answers, else in memory under stricter limits
"""
