"""The cache, from the console: how much is in it, and how it is emptied.

    cache status   how many copies there are
    cache clear    drop them all; limits, and everything else in the same Redis, stay as they are

It is the Redis of REDIS_CACHE_URL, else that of REDIS_URL, and only what is below `cache:`.
Problems: `no_cache`, when neither is given; `cache_unavailable`.
"""
