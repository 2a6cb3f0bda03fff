"""What `kubectl kustomize` makes of a folder, for the part of Kustomize that deploy/kubernetes keeps to.

resources, components                       other folders and files
configMapGenerator                          of `envs`, with the checksum of its content in its name
patches                                     RFC 6902 and strategic merge, by target, in the file or beside it
namespace, nameSuffix, labels               on everything
images, replicas                            by name

Whatever else a kustomization says is refused: what is not understood here is not rendered wrongly.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

Object = dict[str, Any]

_KNOWN: Final = frozenset(
    {
        *("apiVersion", "kind", "resources", "components", "configMapGenerator", "patches"),
        *("namespace", "nameSuffix", "labels", "images", "replicas"),
    }
)
_MERGED_BY: Final = {"containers": "name", "env": "name", "volumes": "name"}
_PODS: Final = ("Deployment", "Job")
_DIGITS: Final = str.maketrans("013ae", "ghkmt")


class NotUnderstood(ValueError):
    """A kustomization says what this reader does not know."""


@dataclass
class Item:
    """An object, the names it had before, and whether its name gets a checksum."""

    body: Object
    names: list[str] = field(default_factory=list)
    summed: bool = False

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    def rename(self, name: str) -> None:
        self.names.append(self.name)
        self.body["metadata"]["name"] = name


def render(folder: Path) -> list[Object]:
    """Return the objects that a folder stands for."""
    items = _gather(folder, [])
    for item in items:
        if item.summed:
            item.rename(f"{item.name}-{checksum(item.body['data'])}")
    _follow_names(items)
    return [item.body for item in items]


def checksum(data: dict[str, str]) -> str:
    """Return what Kustomize puts behind the name of a generated ConfigMap; it leaves the name itself out."""
    told = {"data": data, "kind": "ConfigMap", "name": ""}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return hashlib.sha256(text.encode()).hexdigest()[:10].translate(_DIGITS)


def settings(path: Path) -> dict[str, str]:
    """Return the NAME=value lines of a file."""
    lines = (line.lstrip() for line in path.read_text().splitlines())
    told = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in told}


def _gather(folder: Path, items: list[Item]) -> list[Item]:
    """Return the items of a folder; a component also changes those that were there."""
    (told,) = _documents((folder / "kustomization.yaml").read_text())
    if strange := told.keys() - _KNOWN:
        raise NotUnderstood(f"{folder}: {', '.join(sorted(strange))}")
    for name in told.get("resources", []):
        place = folder / name
        items += _gather(place, []) if place.is_dir() else _read(place)
    for name in told.get("components", []):
        items = _gather(folder / name, items)
    items += [_generated(folder, each) for each in told.get("configMapGenerator", [])]
    for patch in told.get("patches", []):
        items = _patched(folder, patch, items)
    for item in items:
        _transform(item, told)
    return items


def _read(path: Path) -> list[Item]:
    return [Item(body) for body in _documents(path.read_text())]


def _documents(text: str) -> list[Any]:
    return [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]


def _generated(folder: Path, told: Object) -> Item:
    data: dict[str, str] = {}
    for name in told["envs"]:
        data |= settings(folder / name)
    metadata = {"name": told["name"], **deepcopy(told.get("options", {}))}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    return Item(body, summed=True)


def _patched(folder: Path, told: Object, items: list[Item]) -> list[Item]:
    text = (folder / told["path"]).read_text() if "path" in told else told["patch"]
    (patch,), kept = _documents(text), []
    found = [item for item in items if _is_meant(item, told["target"])]
    if not found and not isinstance(patch, dict):
        raise NotUnderstood(f"{folder}: a patch for {told['target']} meets nothing")
    for item in items:
        before = item.name
        if item in found and isinstance(patch, list):
            for operation in patch:
                _operate(item.body, operation)
        elif item in found and patch.get("$patch") == "delete":
            continue
        elif item in found:
            item.body = _merged(item.body, {**patch, "metadata": {}})
        if item.name != before:
            if not told.get("options", {}).get("allowNameChange"):
                raise NotUnderstood(f"{folder}: {before} may not be renamed")
            item.names.append(before)
        kept.append(item)
    return kept


def _is_meant(item: Item, target: dict[str, str]) -> bool:
    if target.keys() - {"kind", "name"}:
        raise NotUnderstood(f"a target by {target}")
    kind, name = target.get("kind", ".*"), target.get("name", ".*")
    return bool(re.fullmatch(kind, item.kind) and re.fullmatch(name, item.name))


def _operate(body: Object, operation: Object) -> None:
    """Do one operation of RFC 6902; KeyError, IndexError: there is no such place."""
    *way, last = [each.replace("~1", "/") for each in operation["path"].split("/")[1:]]
    place: Any = body
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        where: Any = len(place) if last == "-" else int(last)
    else:
        where = last
    if operation["op"] not in {"add", "replace", "remove"}:
        raise NotUnderstood(operation["op"])
    if operation["op"] != "add":
        del place[where]
    if operation["op"] == "remove":
        return
    if isinstance(place, list):
        place.insert(where, operation["value"])
    else:
        place[where] = operation["value"]


def _merged(old: Any, new: Any, within: str = "") -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        joined = {key: _merged(old.get(key), value, key) for key, value in new.items()}
        return {key: value for key, value in {**old, **joined}.items() if value is not None}
    if isinstance(old, list) and isinstance(new, list) and within in _MERGED_BY:
        key = _MERGED_BY[within]
        there = {each[key]: each for each in old}
        first = [_merged(there.pop(each[key], {}), each) for each in new]
        return [*first, *there.values()]
    return new


def _transform(item: Item, told: Object) -> None:
    if "namespace" in told:
        _settle(item, told["namespace"])
    if suffix := told.get("nameSuffix"):
        item.rename(item.name + suffix)
    for each in told.get("labels", []):
        for labels in _labels(item, selectors=each.get("includeSelectors", False)):
            labels.update(each["pairs"])
    for each in told.get("replicas", []):
        if item.kind == "Deployment" and each["name"] in {item.name, *item.names}:
            item.body["spec"]["replicas"] = each["count"]
    for each in told.get("images", []):
        for container in _containers(item):
            _choose_image(container, each)


def _settle(item: Item, namespace: str) -> None:
    if item.kind == "Namespace":
        item.rename(namespace)
    else:
        item.body["metadata"]["namespace"] = namespace


def _choose_image(container: Object, told: dict[str, str]) -> None:
    if re.split(r"[:@]", container["image"])[0] == told["name"]:
        end = f"@{told['digest']}" if "digest" in told else f":{told['newTag']}"
        container["image"] = told.get("newName", told["name"]) + end


def _labels(item: Item, *, selectors: bool) -> Iterator[Object]:
    """Return where labels of an object stand; those that select others too, where that is asked for."""
    yield item.body["metadata"].setdefault("labels", {})
    if not selectors:
        return
    spec = item.body.get("spec", {})
    if item.kind == "Service":
        yield spec["selector"]
    if item.kind in _PODS:
        yield spec["template"]["metadata"]["labels"]
        for each in spec["template"]["spec"].get("topologySpreadConstraints", []):
            yield each["labelSelector"]["matchLabels"]
    if item.kind in {"Deployment", "PodDisruptionBudget"}:
        yield spec["selector"]["matchLabels"]
    if item.kind == "NetworkPolicy":
        yield spec["podSelector"]["matchLabels"]


def _containers(item: Item) -> list[Object]:
    if item.kind not in _PODS:
        return []
    found: list[Object] = item.body["spec"]["template"]["spec"]["containers"]
    return found


def _follow_names(items: list[Item]) -> None:
    """Let those who name another object name it as it is called now."""
    for item in items:
        for kind, place, key in _named_others(item):
            for other in items:
                if other.kind == kind and place[key] in other.names:
                    place[key] = other.name


def _named_others(item: Item) -> Iterator[tuple[str, Object, str]]:
    """Return where an object names others: of which kind, and the place of the name."""
    spec = item.body.get("spec", {})
    if item.kind in _PODS:
        yield "ServiceAccount", spec["template"]["spec"], "serviceAccountName"
    for source in (each for own in _containers(item) for each in own["envFrom"]):
        if "configMapRef" in source:
            yield "ConfigMap", source["configMapRef"], "name"
    if item.kind == "HorizontalPodAutoscaler":
        yield "Deployment", spec["scaleTargetRef"], "name"
    if item.kind == "Ingress":
        for path in (path for rule in spec["rules"] for path in rule["http"]["paths"]):
            yield "Service", path["backend"]["service"], "name"
