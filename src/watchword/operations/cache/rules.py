"""What can be wrong with a cache."""

from watchword.kernel.problems import Kind, Problem, Unavailable


class NoCacheGiven(Problem):
    """There is no cache: neither REDIS_CACHE_URL nor REDIS_URL is given."""

    code = "no_cache"
    kind = Kind.CONFLICT


class CacheUnavailable(Unavailable):
    """The cache is out of reach: try again in a moment."""

    code = "cache_unavailable"
