"""What is said when a service can be had in no way."""


class ServiceMissing(Exception):
    """A service is missing; the message names the one command that mends it."""

    def __init__(self, service: str, fix: str, tried: str) -> None:
        self.service = service
        self.fix = fix
        super().__init__(f"{service} is missing (tried: {tried}). To mend it: {fix}")
