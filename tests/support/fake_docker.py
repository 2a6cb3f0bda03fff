"""A docker for the shell: it keeps images and containers in a file, and a diary of what it was asked.

Usage: `docker ...` on PATH, with FAKE_DOCKER naming the file. It knows what the scripts of deploy/ say, and
refuses the rest. What would have cost somebody an answer is among the `faults`: nginx sent to an instance
that is not well, an instance that ends while nginx is sent to it, none that is left. What is like one of
`killing` ends with the death of whoever asked, one of `ending` with a SIGTERM for them; `meanwhile` names
scripts that somebody else runs just then.
"""

import json
import os
import re
import signal
import sys
from typing import Any

State = dict[str, Any]
OURS = re.compile(r"^(app|auth-\d+)$")
JOBS = {"migrate", "grants"}
AT_THE_DATABASE = re.compile(r"^(app|auth-\d+|.*-exporter|postgres)$")


def say(text: str) -> None:
    """Print it."""
    sys.stdout.write(f"{text}\n")


def text_of(file: str) -> str:
    """Return what a file holds."""
    with open(file) as opened:  # noqa: PTH123 - pathlib takes longer to import than all else here
        return opened.read()


def present_image() -> str:
    """Return the image of our services, as Compose finds it."""
    told = re.findall(r"^WATCHWORD_IMAGE=(.*)$", text_of(".env"), re.MULTILINE)
    return os.environ.get("WATCHWORD_IMAGE") or (told or ["watchword:local"])[-1]


def running(state: State, service: str = "") -> list[dict[str, Any]]:
    """Return the containers that run."""
    wanted = [each for each in state["containers"] if each["status"] == "running"]
    return [each for each in wanted if service in {"", each["service"]}]


def find(state: State, name: str) -> dict[str, Any]:
    """Return a container."""
    return next(each for each in state["containers"] if each["id"] == name)


def told(name: str) -> str:
    """Return what .env says."""
    found: list[str] = re.findall(rf"^{name}=(.*)$", text_of(".env"), re.MULTILINE)
    return found[-1] if found else ""


def wished(state: State, service: str) -> int:
    """Return how many there are to be of a service."""
    return int(state["replicas"] or told("REPLICAS") or 1) if service == "app" else 1


def config(state: State, words: list[str]) -> None:
    """Print what Compose makes of its files, as far as scripts read it."""
    say("services:")
    for service in words or [*state["services"], *sorted(JOBS)]:
        say(
            f"  {service}:\n    deploy:\n      replicas: {wished(state, service)}\n    environment:"
        )
        for line in text_of(".env").splitlines():
            name, _, value = line.partition("=")
            say(f"      {name}: {value}")
        say(f"    image: {present_image()}\n    volumes:")
        if OURS.match(service):
            say("      - type: bind\n        target: /app/ssl")
        if AT_THE_DATABASE.match(service) or service in JOBS:
            say("      - type: volume\n        source: database_socket")


def start(state: State, service: str) -> None:
    """Start one more container of a service."""
    state["count"] += 1
    number, ours = state["count"], bool(OURS.match(service))
    image = present_image() if ours else service
    if ours and image not in state["images"]:
        sys.exit(f"No such image: {image}")
    well = image not in state["broken"]
    found = {
        "id": f"c{number}",
        "service": service,
        "image": image,
        "status": "running",
        "health": "healthy" if well else "unhealthy",
        "ip": f"172.30.57.{number}",
    }
    state["containers"].append(found)


def up(state: State, words: list[str]) -> int:
    """Start what is not there; with --wait, say whether all is well."""
    scales: dict[str, str] = dict(re.findall(r"--scale ([\w-]+)=(\d+)", " ".join(words)))
    named = [word for word in words if word in {*state["services"], *JOBS}]
    for service in named:
        wanted = int(scales.get(service, wished(state, service)))
        there = [each for each in state["containers"] if each["service"] == service]
        for each in there:  # those that ended count, and are started again
            each["status"] = "running"
        for _ in range(wanted - len(there)):
            start(state, service)
    ill = [each for each in running(state) if each["health"] != "healthy"]
    return 1 if "--wait" in words and ill else 0


def nginx(state: State, words: list[str]) -> int:
    """Read instances.conf anew; no process of it goes by an older one."""
    if words[0] == "pgrep":
        return 1
    if words[-2:] != ["-s", "reload"]:
        return 0
    told = re.findall(r"server ([\w.]+):(\d+) ", text_of("instances.conf"))
    state["ports"] = sorted({port for _, port in told})
    addresses = [address for address, _ in told]
    ours = [each for each in running(state) if OURS.match(each["service"])]
    state["loaded"] = [each["ip"] for each in ours] if addresses == ["app"] else addresses
    well = {each["ip"] for each in ours if each["health"] == "healthy"}
    if not state["loaded"] or not set(state["loaded"]) <= well:
        state["faults"].append(
            f"nginx is sent to {state['loaded']}, of which {sorted(well)} are well"
        )
    return 0


def restore(state: State, words: list[str]) -> int:
    """Refuse as the service does: somebody is connected, or the key is none that its user can read."""
    connected = {each["service"] for each in running(state)} - {"postgres"}
    if any(AT_THE_DATABASE.match(service) for service in connected):
        sys.exit(f"Somebody is connected to the database: {sorted(connected)}")
    if words[words.index("--identity") + 1] != "-" or "AGE-SECRET-KEY" not in sys.stdin.read():
        sys.exit("There is no key")
    return 0


def end(state: State, names: list[str]) -> int:
    """End containers."""
    for name in names:
        container = find(state, name)
        if container["ip"] in state["loaded"] and container["status"] == "running":
            state["faults"].append(f"{name} ended while nginx was sent to it")
        container["status"] = "exited"
    return 0


def tell(state: State, what: str, words: list[str]) -> None:
    """Print what there is to be, or what runs."""
    match [what, *words]:
        case ["config", "--services"]:
            say("\n".join([*state["services"], *sorted(JOBS)]))
        case ["config", *services]:
            config(state, services)
        case ["ps", "--services"]:
            say("\n".join(sorted({each["service"] for each in running(state)})))
        case ["ps", "--quiet", service]:
            for each in running(state, service):
                say(each["id"])


def less(state: State, words: list[str]) -> int:
    """Stop containers, or remove them: by `rm` those that ended."""
    match words:
        case ["rm", "--force", service]:
            gone = [each for each in state["containers"] if each["service"] == service]
            gone = [each for each in gone if each["status"] != "running"]
            state["containers"] = [each for each in state["containers"] if each not in gone]
        case ["stop", "--timeout", _, *services]:
            state["loaded"] = []
            return end(state, [each["id"] for name in services for each in running(state, name)])
        case _:
            state["containers"], state["loaded"] = [], []
    return 0


def compose(state: State, words: list[str]) -> int:
    """Do a verb of Compose."""
    match words:
        case ["version"]:
            say("Docker Compose version v2.40.3")
        case ["config" | "ps" as what, *more]:
            tell(state, what, more)
        case ["up", *_]:
            return up(state, words)
        case ["run", "--rm", *_] if "restore" in words:
            return restore(state, words)
        case ["run", "--rm", *_] | ["logs", *_] | ["exec", "-T", "app" | "--user", *_]:
            return 0
        case ["down" | "rm" | "stop", *_]:
            return less(state, words)
        case ["exec", "-T", "proxy", *more]:
            return nginx(state, more)
        case _:
            sys.exit(f"docker compose {' '.join(words)} is not known")
    return 0


def image(state: State, words: list[str]) -> int:
    """Do a verb of images."""
    match words:
        case ["build", *_]:
            name = words[next(n for n, word in enumerate(words) if word in {"-t", "--tag"}) + 1]
            state["images"][name] = {"id": state["next"], "digests": []}
            if state["next"] in state["broken"]:
                state["broken"].append(f"{name.partition(':')[0]}:{state['next'][7:31]}")
        case ["pull", name]:
            if name not in state["registry"]:
                return 1
            state["images"][name] = {"id": "", "digests": [state["registry"][name]]}
            state["images"][state["registry"][name]] = state["images"][name]
        case ["tag", name, other]:
            state["images"][other] = state["images"][name]
        case ["image", "inspect", "--format", form, name] if name in state["images"]:
            found = state["images"][name]
            say("\n".join(found["digests"]) if "RepoDigests" in form else found["id"])
        case ["image", "inspect", name]:
            return 0 if name in state["images"] else 1
        case _:
            return 1
    return 0


def container(state: State, words: list[str]) -> int:
    """Do a verb of containers."""
    match words:
        case ["inspect", "--format", form, name]:
            found = find(state, name)
            if "State" in form:
                say(f"{found['status']} {found['health']}")
            else:
                say(found["ip"] if "IPAddress" in form else "web")
        case ["stop", "--time", _, *names]:
            return end(state, names)
        case ["rm", *names]:
            gone = [name for name in names if name != "--force"]
            end(state, gone)
            state["containers"] = [each for each in state["containers"] if each["id"] not in gone]
        case ["exec", name, "watchword", "health"]:
            return 1 if find(state, name)["image"] in state["mute"] else 0
        case ["logs", *_] | ["run", "--rm", *_]:
            return 0
        case ["wait", _]:
            return 1
        case _:
            sys.exit(f"docker {' '.join(words)} is not known")
    return 0


def main() -> int:
    """Do what was asked, unless it is to fail."""
    words, file = sys.argv[1:], os.environ["FAKE_DOCKER"]
    state = json.loads(text_of(file))
    line = " ".join(words)
    state["diary"].append(line)
    if any(re.search(pattern, line) for pattern in state["failing"]):
        code = 1
    elif words[0] == "compose":
        code = compose(state, words[1:])
    elif words[0] in {"build", "pull", "tag", "image"}:
        code = image(state, words)
    else:
        code = container(state, words)
    for pattern in list(state["meanwhile"]):
        if re.search(pattern, line):
            import subprocess

            for script in state["meanwhile"].pop(pattern):
                ended = subprocess.run(["sh", *script], capture_output=True, text=True, check=False)
                state["said_meanwhile"].append([ended.returncode, ended.stderr])
    ends: dict[str, signal.Signals] = {}
    for name, sent in (("killing", signal.SIGKILL), ("ending", signal.SIGTERM)):
        ends |= {pattern: sent for pattern in state[name] if re.search(pattern, line)}
        state[name] = [pattern for pattern in state[name] if pattern not in ends]
    with open(file, "w") as opened:  # noqa: PTH123 - likewise
        json.dump(state, opened)
    for sent in ends.values():
        os.killpg(0, sent)
    return code


if __name__ == "__main__":
    sys.exit(main())
