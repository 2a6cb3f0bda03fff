"""Templates compiled once in a process, however many environments ask for them."""

from typing import Final

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_COMPILED: Final[dict[str, bytes]] = {}


class OnceCompiled(BytecodeCache):
    """Keeps the bytecode of templates in memory; the key is a template's content."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before."""
        known = _COMPILED.get(f"{bucket.key}:{bucket.checksum}")
        if known is not None:
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled now."""
        _COMPILED[f"{bucket.key}:{bucket.checksum}"] = bucket.bytecode_to_string()
