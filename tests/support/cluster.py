"""What an overlay of deploy/kubernetes tells a cluster, and what a container of it is started with."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.support.kustomize import render, settings

ROOT: Final = Path(__file__).parents[2] / "deploy/kubernetes"
SYSTEMS: Final = ("ariya", "generic", "molam", "nova", "romapi")
OVERLAYS: Final = (*SYSTEMS, "generic-ingress", "romapi-ingress")
COMPONENTS: Final = tuple(sorted(each.name for each in (ROOT / "components").iterdir()))
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cluster:
    """The objects of an overlay."""

    objects: list[Object]

    @classmethod
    @cache
    def of(cls, overlay: str) -> "Cluster":
        """Return what an overlay says; all tests look at one and the same."""
        return cls(render(ROOT / "overlays" / overlay))

    @classmethod
    def with_component(cls, overlay: str, *components: str, folder: Path) -> "Cluster":
        """Return an overlay that has components besides; the folder is for what says so."""
        up = "../" * (len(folder.parts) - 1)
        told = f"resources: [{up}{(ROOT / 'overlays' / overlay).relative_to('/')}]\n"
        places = [f"{up}{(ROOT / 'components' / each).relative_to('/')}" for each in components]
        told += f"components: [{', '.join(places)}]\n"
        (folder / "kustomization.yaml").write_text(told)
        return cls(render(folder))

    def all(self, kind: str) -> dict[str, Object]:
        """Return the objects of a kind by their names."""
        return {each["metadata"]["name"]: each for each in self.objects if each["kind"] == kind}

    def one(self, kind: str) -> Object:
        """Return the only object of a kind."""
        (found,) = self.all(kind).values()
        return found

    @property
    def secrets(self) -> dict[str, set[str]]:
        """Return the keys of each secret that the cluster will hold."""
        return {
            each["spec"]["target"]["name"]: {key["secretKey"] for key in each["spec"]["data"]}
            for each in self.all("ExternalSecret").values()
        }

    def container(self, kind: str) -> Object:
        """Return the only container of the Deployment or the Job."""
        (found,) = self.one(kind)["spec"]["template"]["spec"]["containers"]
        container: Object = found
        return container

    def environ(self, kind: str, secrets: dict[str, str]) -> dict[str, str]:
        """Return the environment that the kubelet starts the container with.

        `secrets` are by the names of settings; KeyError: there is no such key, or nobody made it.
        """
        found: dict[str, str] = {}
        container = self.container(kind)
        for source in container["envFrom"]:
            if "configMapRef" in source:
                found |= self.all("ConfigMap")[source["configMapRef"]["name"]]["data"]
            else:
                keys = self.secrets[source["secretRef"]["name"]]
                found |= {key: secrets[key] for key in keys}
        for each in container["env"]:
            reference = each.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                assert reference["key"] in self.secrets[reference["name"]], reference
                found[each["name"]] = secrets[each["name"]]
            else:
                found[each["name"]] = each.get("value", "auth-0")  # the name of the pod
        return found


def names(overlay: str) -> dict[str, str]:
    """Return what the scripts are told of an overlay."""
    return settings(ROOT / "overlays" / overlay / "names.env")
