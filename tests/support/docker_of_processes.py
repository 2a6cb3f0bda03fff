"""The fake docker, with instances that are processes of this machine and a proxy that is a real nginx.

Its state says under `real` how an instance is run (`command`, `environ`, `port`, `folder`), and how nginx is
(`nginx`: its command and folder). Instances listen on 127.0.1.1, 127.0.1.2 ..., all at one port.
"""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

sys.path.insert(0, f"{os.path.dirname(os.path.abspath(__file__))}/../..")  # noqa: PTH100, PTH120

from tests.support import fake_docker
from tests.support.fake_docker import OURS, State, find, running, text_of

_plain = {name: getattr(fake_docker, name) for name in ("start", "end", "nginx", "up", "container")}


def start(state: State, service: str) -> None:
    """Start a process."""
    _plain["start"](state, service)
    made, real = state["containers"][-1], state["real"]
    made["ip"] = f"127.0.1.{state['count']}"
    if not OURS.match(service):
        return
    told = {**real["environ"], "HOST": made["ip"], "PORT": real["port"], "NODE_ID": made["id"]}
    with open(f"{real['folder']}/{made['id']}.log", "w") as log:  # noqa: PTH123
        process = subprocess.Popen(
            real["command"],
            cwd=real["folder"],
            env=told,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    made["pid"] = process.pid


def is_gone(pid: int) -> bool:
    """Say whether a process has ended, though nobody may have asked how."""
    try:
        told: str = text_of(f"/proc/{pid}/stat")
        return told.rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def end(state: State, names: list[str]) -> int:
    """Stop processes as docker does, and wait for them."""
    for name in names:
        pid = find(state, name).get("pid")
        if pid and not is_gone(pid):
            os.kill(pid, signal.SIGTERM)
        while pid and not is_gone(pid):
            time.sleep(0.02)
    done: int = _plain["end"](state, names)
    return done


def nginx(state: State, words: list[str]) -> int:
    """Let the real one read instances.conf anew; `app` is whoever runs."""
    real = state["real"]["nginx"]
    if words[0] == "pgrep":
        pid = text_of(f"{real['folder']}/nginx.pid").strip()
        fake_docker.say("\n".join(text_of(f"/proc/{pid}/task/{pid}/children").split()))
        return 0
    ours = [each["ip"] for each in running(state) if OURS.match(each["service"])]
    text = text_of("instances.conf")
    for line in re.findall(r"^    server app:.*\n", text, re.MULTILINE):
        text = text.replace(line, "".join(line.replace("app", address) for address in ours))
    with open(f"{real['folder']}/instances.conf", "w") as file:  # noqa: PTH123
        file.write(text)
    more = words[words.index("nginx.conf") + 1 :]
    if subprocess.run([*real["command"], *more], check=False).returncode:
        return 1
    done: int = _plain["nginx"](state, words)
    return done


def up(state: State, words: list[str]) -> int:
    """With --wait, wait until every process takes requests."""
    done: int = _plain["up"](state, words)
    for each in running(state):
        while "--wait" in words and "pid" in each and not answers(state, each["ip"]):
            pass
    return done


def container(state: State, words: list[str]) -> int:
    """Ask the process itself how it is."""
    if words[0] == "inspect" and "State" in words[2]:
        found: dict[str, Any] = find(state, words[3])
        if "pid" in found and found["image"] not in state["broken"]:
            found["health"] = "healthy" if answers(state, found["ip"]) else "starting"
    done: int = _plain["container"](state, words)
    return done


def answers(state: State, address: str) -> bool:
    """Say whether it takes requests; look for a moment."""
    try:
        with urllib.request.urlopen(f"http://{address}:{state['real']['port']}/ready", timeout=5):
            return True
    except OSError:
        time.sleep(0.2)
        return False


if __name__ == "__main__":
    for does in (start, end, nginx, up, container):
        setattr(fake_docker, does.__name__, does)
    sys.exit(fake_docker.main())
