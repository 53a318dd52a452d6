"""Variables of the cache, for programs without Django settings, too; ``ahgd_ops.variables`` has these same rows."""

from caching.environment import FLAG, HOSTNAME, PATH, PORT, TEXT, Reader, Variable, number, whole

_SERVERS = Reader(
    "host:port separated by commas",
    lambda text: tuple(part.strip() for part in text.split(",") if part.strip()),
    lambda values: all(part.rpartition(":")[0] and part.rpartition(":")[2].isdigit() for part in values),
)
_KEY = Reader("at least 32 characters", str, lambda value: len(str(value)) >= 32)

CACHING = Variable("AHGD_CACHING", "enable_caching", FLAG, "Use the cache tiers.")
TTL = Variable("AHGD_CACHE_TTL", "cache_default_ttl", number(0, 31536000), "Seconds a value is kept by default.")
MEMORY_MB = Variable("AHGD_CACHE_MAX_MEMORY_MB", "cache_max_memory_mb", whole(0, 1048576), "Memory tier's limit, MiB.")
FILE = Variable("AHGD_CACHE_FILE", "cache_file_enabled", FLAG, "Use the file tier.")
FILE_DIR = Variable("AHGD_CACHE_DIR", "cache_file_dir", PATH, "Where the file tier keeps its entries.")
FILE_MB = Variable("AHGD_CACHE_MAX_FILE_MB", "cache_max_file_mb", whole(1, 1048576), "File tier's limit, MiB.")
STALENESS = Variable(
    "AHGD_CACHE_MAX_STALENESS",
    "cache_max_staleness",
    number(0, 3600),
    "Seconds until a process sees what another one changed in the cache.",
)
SIGNING_KEY = Variable(
    "AHGD_CACHE_KEY", "cache_signing_key", _KEY, "Signs cache entries; derived from the secret key when unset.", True
)
REDIS = Variable("AHGD_REDIS_ENABLED", "cache_redis_enabled", FLAG, "Use Redis as broker and shared cache.")
REDIS_HOST = Variable("AHGD_REDIS_HOST", "cache_redis_host", HOSTNAME, "Redis' host.")
REDIS_PORT = Variable("AHGD_REDIS_PORT", "cache_redis_port", PORT, "Redis' port.")
REDIS_DB = Variable("AHGD_REDIS_DB", "cache_redis_db", whole(0, 15), "Redis' database number.")
REDIS_PASSWORD = Variable("AHGD_REDIS_PASSWORD", "cache_redis_password", TEXT, "Redis' password.", True)
REDIS_SSL = Variable("AHGD_REDIS_SSL", "cache_redis_ssl", FLAG, "Speak TLS with Redis.")
REDIS_SENTINELS = Variable(
    "AHGD_REDIS_SENTINELS", "cache_redis_sentinels", _SERVERS, "The cache's Redis is asked of these Sentinels."
)
REDIS_SERVICE = Variable("AHGD_REDIS_SERVICE", "cache_redis_service", TEXT, "Name of the master at the Sentinels.")
REDIS_CLUSTER = Variable("AHGD_REDIS_CLUSTER", "cache_redis_cluster", FLAG, "The cache's Redis is a cluster.")

# Variable: field of CacheConfig. The prefix tells the cache's fields from others in ProductionConfig.
FIELDS = {
    CACHING: "enabled",
    TTL: "default_ttl",
    MEMORY_MB: "max_memory_mb",
    FILE: "file_cache_enabled",
    FILE_DIR: "file_cache_dir",
    FILE_MB: "max_file_cache_size_mb",
    STALENESS: "max_staleness",
    SIGNING_KEY: "signing_key",
    REDIS: "redis_enabled",
    REDIS_HOST: "redis_host",
    REDIS_PORT: "redis_port",
    REDIS_DB: "redis_db",
    REDIS_PASSWORD: "redis_password",
    REDIS_SSL: "redis_ssl",
    REDIS_SENTINELS: "redis_sentinels",
    REDIS_SERVICE: "redis_service",
    REDIS_CLUSTER: "redis_cluster",
}
