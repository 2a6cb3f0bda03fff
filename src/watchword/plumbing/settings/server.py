"""Where this process listens, under which addresses it is known, and how it stops."""

import ssl
from datetime import timedelta

from watchword.kernel.addresses import Network, networks
from watchword.kernel.parsing import boolean, choice, duration, none_or_duration, whole
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.parsers import (
    count_or_auto,
    listening_address,
    origins,
    url_path,
    url_prefix,
    url_prefixes,
    web_address,
)
from watchword.plumbing.settings.processors import processors
from watchword.plumbing.words.languages import LANGUAGES

PRODUCTION = "production"
STAGING = "staging"
DEVELOPMENT = "development"
TEST = "test"
PROFILES = ("nova", "ariya", "romapi", "molam", "generic")

_TLS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_port = whole(1, 65535)


def _port_or_none(text: str) -> int | None:
    return whole(0, 65535)(text or "0") or None


def _port_if_told(text: str) -> int | None:
    return whole(0, 65535)(text) if text else None


@section
class ServerSettings:
    """The server."""

    environment: str = setting(
        "APP_ENV",
        "Where this runs: production and staging refuse what is unsafe; development and test derive"
        " missing secrets and keep letters on this machine.",
        parse=choice(PRODUCTION, STAGING, DEVELOPMENT, TEST),
        default=PRODUCTION,
        aliases=("NODE_ENV",),
    )
    profile: str = setting(
        "APP_PROFILE",
        "Whose defaults apply where nothing is set; it changes nothing else.",
        parse=choice(*PROFILES),
        default="generic",
    )
    secrets_dir: str = setting(
        "SECRETS_DIR",
        "A folder with one file per setting, named like it (Docker, Kubernetes, var/secrets).",
        default="",
    )
    host: str = setting(
        "HOST",
        "The address to listen on.",
        parse=listening_address,
        default="0.0.0.0",  # noqa: S104
    )
    port: int = setting("PORT", "The port to listen on.", parse=_port, default="3000")
    allow_public_development: bool = setting(
        "ALLOW_PUBLIC_DEVELOPMENT",
        "Whether development may listen on an address that others can reach.",
        parse=boolean,
        default="false",
    )
    web_concurrency: int = setting(
        "WEB_CONCURRENCY",
        "How many processes serve; auto is one for each processor that this service may use."
        " With `serve --dev` it is one.",
        parse=count_or_auto,
        default="auto",
    )
    replicas: int = setting(
        "REPLICAS",
        "How many instances there are at most; connections to the database are counted by it, nothing else.",
        parse=whole(1, 10_000),
        default="1",
    )
    run_worker: bool = setting(
        "RUN_WORKER",
        "Whether `serve` carries letters and does the timed jobs too; false leaves them to"
        " `watchword worker`.",
        parse=boolean,
        default="true",
    )
    hands: int = setting(
        "WORKER_CONCURRENCY",
        "How many letters the worker has under way at once, and as many texts. While providers are slow,"
        " more of them keep the queue moving; each holds a connection of theirs.",
        parse=whole(1, 256),
        default="16",
    )
    shutdown_timeout: timedelta = setting(
        "SHUTDOWN_TIMEOUT",
        "How long requests under way may take to finish after SIGTERM.",
        parse=duration,
        default="25s",
    )
    drain_delay: timedelta = setting(
        "DRAIN_DELAY",
        "How long to go on accepting requests after SIGTERM while /ready says 503.",
        parse=none_or_duration,
        default="0",
    )
    closing_grace: timedelta = setting(
        "CLOSING_GRACE",
        "How long a kept connection is waited for after SIGTERM, once nobody new is taken: a request may be"
        " on its way there.",
        parse=none_or_duration,
        default="1s",
    )
    node_id: str = setting(
        "NODE_ID", "The name of this process in logs and metrics; sent as X-Node-Id.", default=""
    )
    service_name: str = setting(
        "SERVICE_NAME", "The field `service` of the logs.", default="watchword"
    )
    api_prefix: str = setting(
        "API_PREFIX",
        "What stands before the paths of the API.",
        parse=url_prefix,
        default="/api/v1",
    )
    api_mounts: tuple[str, ...] = setting(
        "API_MOUNTS",
        "Further places of the API's paths that begin with /auth: what stands before them, separated"
        " by commas; / is nothing.",
        parse=url_prefixes,
        default="",
        empty_counts=True,
    )
    given_public_url: str = setting(
        "PUBLIC_BASE_URL",
        "The address people reach this service at; links and tokens are built from it. Required in"
        " production; else http://localhost and the port.",
        parse=web_address,
        default="",
    )
    frontend_url: str = setting(
        "FRONTEND_URL",
        "Where links in letters lead; empty is our own pages at PUBLIC_BASE_URL.",
        parse=web_address,
        default="",
        aliases=("NEXTAUTH_URL",),
    )
    health_path: str = setting(
        "HEALTH_CHECK_PATH", "Where the health report is.", parse=url_path, default="/health"
    )
    ready_path: str = setting(
        "READY_CHECK_PATH", "Where readiness is told.", parse=url_path, default="/ready"
    )
    trusted_proxies: tuple[Network, ...] = setting(
        "TRUSTED_PROXIES",
        "Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed.",
        parse=networks,
        default="",
    )
    https: bool = setting(
        "HTTPS",
        "Whether a request that did not come by TLS is refused.",
        parse=boolean,
        default="false",
    )
    tls_min_version: str = setting(
        "TLS_MIN_VERSION", "The oldest TLS accepted.", parse=choice("1.2", "1.3"), default="1.2"
    )
    ssl_key_path: str = setting(
        "SSL_KEY_PATH", "The private key (PEM) when this service ends TLS itself.", default=""
    )
    ssl_cert_path: str = setting(
        "SSL_CERT_PATH", "The certificate (PEM) when this service ends TLS itself.", default=""
    )
    ssl_ca_path: str = setting(
        "SSL_CA_PATH", "The chain of that certificate (PEM), if it is not in its file.", default=""
    )
    cors_origins: tuple[str, ...] = setting(
        "CORS_ORIGIN",
        "Origins whose pages may call the API with cookies, separated by commas.",
        parse=origins,
        default="",
    )
    metrics_enabled: bool = setting(
        "METRICS_ENABLED",
        "Whether /metrics is served.",
        parse=boolean,
        default="true",
        aliases=("ENABLE_METRICS",),
    )
    metrics_port: int | None = setting(
        "METRICS_PORT",
        "A port for /metrics alone; 0, or empty, is the service's own port.",
        parse=_port_or_none,
        default="0",
        empty_counts=True,
    )
    told_worker_port: int | None = setting(
        "WORKER_METRICS_PORT",
        "The port where `watchword worker` tells its own /metrics and /health; empty is the one after"
        " METRICS_PORT, where there is that; 0 is none.",
        parse=_port_if_told,
        default="",
        empty_counts=True,
    )
    metrics_compat: str = setting(
        "METRICS_COMPAT",
        "Whose dashboards get the metrics under their own names, too; empty is nobody's.",
        parse=choice("", "molam"),
        default="",
        empty_counts=True,
    )
    metrics_token: Secret = setting(
        "METRICS_TOKEN",
        "What whoever reads /metrics must send as `Authorization: Bearer`; empty asks for nothing.",
        parse=Secret,
        default="",
        secret=True,
    )
    default_language: str = setting(
        "DEFAULT_LANG",
        "The language of those who name none.",
        parse=choice(*LANGUAGES),
        default="en",
    )

    @property
    def development(self) -> bool:
        """Tell whether this is a place to try things."""
        return self.environment in {DEVELOPMENT, TEST}

    @property
    def public_url(self) -> str:
        """Return the address people reach this service at."""
        return self.given_public_url or f"http://localhost:{self.port}"

    @property
    def pages_url(self) -> str:
        """Return where the links in letters lead."""
        return self.frontend_url or self.public_url

    @property
    def worker_metrics_port(self) -> int:
        """Return where a worker of its own tells how it is; 0 is nowhere."""
        if not self.metrics_enabled:
            return 0
        if self.told_worker_port is not None:
            return self.told_worker_port
        return self.metrics_port + 1 if self.metrics_port else 0

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how this service ends TLS itself; nothing when a proxy does."""
        if not self.ssl_cert_path:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = _TLS[self.tls_min_version]
        context.load_cert_chain(self.ssl_cert_path, self.ssl_key_path)
        if self.ssl_ca_path:
            context.load_verify_locations(self.ssl_ca_path)  # completes the chain that is sent
        return context

    @property
    def workers(self) -> int:
        """Return how many processes serve."""
        return self.web_concurrency or processors()
