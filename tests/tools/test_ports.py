"""A port that a test was given is nobody else's."""

import socket
import subprocess
import sys

import pytest

from tests.support import ports
from tests.support.markdown import ROOT
from tests.support.ports import free_port, own_address

TWO = range(32_100, 32_102)  # above those that tests are given, below those of the kernel
TAKE = """
from tests.support import ports
ports._PORTS = range(32_100, 32_102)
print(ports.free_port(), flush=True)
input()
"""


def test_a_port_is_given_once_over_all_processes_and_again_when_one_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "_PORTS", TWO)
    mine = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", TAKE],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        assert {mine, theirs} == {*TWO}
        with pytest.raises(RuntimeError, match="no port"):
            free_port()
        other.stdin.write("\n")
    assert free_port() == theirs


def test_a_port_where_somebody_listens_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "_given", set[int]())
        monkeypatch.setattr(ports, "_PORTS", range(port, port + 1))
        with pytest.raises(RuntimeError, match="no port"):
            free_port()


def test_an_address_of_ones_own_is_loopback_and_another_each_time() -> None:
    first, second = own_address(), own_address()
    assert first != second
    with socket.create_server((first, 0)):
        pass
