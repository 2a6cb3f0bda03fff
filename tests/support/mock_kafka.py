"""A cluster of Kafka's protocol in a process of its own, so that it can be frozen.

python -m tests.support.mock_kafka   says where it is, and ends with its standard input
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.brokers import MockKafka

ROOT = Path(__file__).parents[2]


class KafkaProcess:
    """The process, as a test holds it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.mock_kafka"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.servers = self._process.stdout.readline().strip()

    def freeze(self) -> None:
        """Let it do nothing, and answer nothing."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it."""
        self.thaw()
        self._process.communicate()


def main() -> None:
    """Be a cluster until the end of our input."""
    cluster = MockKafka()
    sys.stdout.write(f"{cluster.servers}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
