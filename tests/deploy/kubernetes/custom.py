"""What we say of objects that Kubernetes itself does not know, as their own definitions have it."""

from typing import Any

TEXT = {"type": "string", "minLength": 1}
NAME = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}


def closed(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def each(what: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": what, "minItems": 1}


def one_of(*values: object) -> dict[str, Any]:
    return {"enum": list(values)}


METADATA = closed(
    "name namespace",
    name=NAME,
    namespace=NAME,
    labels={"type": "object", "additionalProperties": TEXT},
)


def kind(version: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return closed(
        "apiVersion kind metadata spec",
        apiVersion=one_of(version),
        kind=one_of(name),
        metadata=METADATA,
        spec=spec,
    )


_PARENT = closed("name sectionName", name=NAME, sectionName=NAME)
_REDIRECT = closed("scheme statusCode", scheme=one_of("https"), statusCode=one_of(301, 302))
_RULE = closed(
    "",
    matches=each(closed("path", path=closed("type value", type=one_of("PathPrefix"), value=TEXT))),
    filters=each(
        closed("type requestRedirect", type=one_of("RequestRedirect"), requestRedirect=_REDIRECT)
    ),
    backendRefs=each(
        closed(
            "name port weight",
            name=NAME,
            port=PORT,
            weight={"type": "integer", "minimum": 0, "maximum": 1_000_000},
        )
    ),
    sessionPersistence=closed(
        "sessionName type cookieConfig",
        sessionName=TEXT,
        type=one_of("Cookie"),
        cookieConfig=closed("lifetimeType", lifetimeType=one_of("Session", "Permanent")),
    ),
)
_LISTENER = closed(
    "name protocol port hostname allowedRoutes",
    name=NAME,
    protocol=one_of("HTTP", "HTTPS"),
    port=PORT,
    hostname=NAME,
    allowedRoutes=closed("namespaces", namespaces=closed("from", **{"from": one_of("Same")})),
    tls=closed(
        "mode certificateRefs",
        mode=one_of("Terminate"),
        certificateRefs=each(closed("kind name", kind=one_of("Secret"), name=NAME)),
    ),
)

CUSTOM = {
    "ExternalSecret": kind(
        "external-secrets.io/v1",
        "ExternalSecret",
        closed(
            "refreshInterval secretStoreRef target data",
            refreshInterval={"type": "string", "pattern": "^[0-9]+[smh]$"},
            secretStoreRef=closed(
                "kind name", kind=one_of("ClusterSecretStore", "SecretStore"), name=NAME
            ),
            target=closed("name creationPolicy", name=NAME, creationPolicy=one_of("Owner")),
            data=each(
                closed("secretKey remoteRef", secretKey=TEXT, remoteRef=closed("key", key=TEXT))
            ),
        ),
    ),
    "Certificate": kind(
        "cert-manager.io/v1",
        "Certificate",
        closed(
            "secretName dnsNames issuerRef privateKey",
            secretName=NAME,
            dnsNames=each(NAME),
            issuerRef=closed("kind name", kind=one_of("ClusterIssuer", "Issuer"), name=NAME),
            privateKey=closed(
                "algorithm size rotationPolicy",
                algorithm=one_of("ECDSA"),
                size=one_of(256, 384, 521),
                rotationPolicy=one_of("Always", "Never"),
            ),
        ),
    ),
    "Gateway": kind(
        "gateway.networking.k8s.io/v1",
        "Gateway",
        closed("gatewayClassName listeners", gatewayClassName=NAME, listeners=each(_LISTENER)),
    ),
    "HTTPRoute": kind(
        "gateway.networking.k8s.io/v1",
        "HTTPRoute",
        closed(
            "parentRefs hostnames rules",
            parentRefs=each(_PARENT),
            hostnames=each(NAME),
            rules=each(_RULE),
        ),
    ),
    "PodMonitor": kind(
        "monitoring.coreos.com/v1",
        "PodMonitor",
        closed(
            "jobLabel selector podMetricsEndpoints",
            jobLabel=TEXT,
            selector=closed("matchLabels", matchLabels={"type": "object"}),
            podMetricsEndpoints=each(
                closed(
                    "port path interval scrapeTimeout",
                    port=NAME,
                    path=TEXT,
                    interval=TEXT,
                    scrapeTimeout=TEXT,
                )
            ),
        ),
    ),
}
CUSTOM["PodMonitor"]["properties"]["metadata"] = {**METADATA, "required": ["name"]}
