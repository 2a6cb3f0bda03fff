"""TLS to a store or a broker: how it is made, wherever settings ask for it."""

import ssl


def verified(ca_path: str, cert_path: str, key_path: str) -> ssl.SSLContext:
    """Return how TLS is made: certificate and host name are always verified.

    Empty paths: whom the system believes, and no certificate of our own.
    """
    context = ssl.create_default_context(cafile=ca_path or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if cert_path:
        context.load_cert_chain(cert_path, key_path or None)
    return context
