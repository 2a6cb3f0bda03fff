"""The wire: an answer leaves in one piece, and connections live as HTTP says."""

from tests.support.listening import listening, talk
from tests.support.world import World

ME = b"GET /api/v1/auth/me HTTP/1.%d\r\nhost: localhost\r\nx-request-id: %b\r\n%b\r\n"
LIVE = b"GET /live HTTP/1.1\r\nhost: localhost\r\nx-request-id: %b\r\n\r\n"
GOODBYE = b"connection: close\r\n"


def told(said: bytes) -> list[tuple[bytes, bytes]]:
    """Return status and request id of every answer, in the order in which they came."""
    heads = [part.partition(b"\r\n\r\n")[0] for part in said.split(b"HTTP/1.1 ")[1:]]
    return [(head[:3], head.partition(b"x-request-id: ")[2].split(b"\r\n")[0]) for head in heads]


async def test_requests_sent_together_are_answered_in_their_order(small_world: World) -> None:
    sent = [
        ME % (1, b"one", b""),
        LIVE % b"two",
        ME % (1, b"three", b""),
        ME % (1, b"four", GOODBYE),
    ]
    async with listening(small_world) as port:
        said = await talk(port, b"".join(sent))

    assert told(said) == [(b"401", b"one"), (b"200", b"two"), (b"401", b"three"), (b"401", b"four")]


async def test_an_old_client_is_answered_and_let_go(small_world: World) -> None:
    async with listening(small_world) as port:
        said = await talk(port, ME % (0, b"old", b""))

    head, _, body = said.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert b"content-length: %d\r\n" % len(body) in head


async def test_a_hot_door_says_what_any_door_says(small_world: World) -> None:
    async with listening(small_world) as port:
        said = await talk(port, ME % (1, b"whole", GOODBYE))
    async with small_world.client() as client:
        in_process = await client.get("/api/v1/auth/me")

    head = said.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    names = {line.split(":")[0] for line in head}
    assert names - {"date", "connection"} == set(in_process.headers)


async def test_an_idle_connection_is_let_go(small_world: World) -> None:
    async with listening(small_world, idle=0.1) as port:
        said = await talk(port, LIVE % b"once")

    assert told(said) == [(b"200", b"once")]
