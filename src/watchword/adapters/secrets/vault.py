"""HashiCorp Vault (and OpenBao): the key-value engine, version 2.

    token              as it is given
    AppRole            POST auth/approle/login      {role_id, secret_id}    -> a token
    Kubernetes         POST auth/kubernetes/login   {role, jwt}             -> a token
    read               GET  <mount>/data/<path>      fields, and since when this version is
    read below         LIST <mount>/metadata/<path>, then each
    write              POST <mount>/data/<path>      with `cas` 0: only where nothing is

The first part of a path is the mount: `auth/database` is `database` of the engine at `auth`. A secret that
was deleted is none. Source: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2,
https://developer.hashicorp.com/vault/api-docs/auth/approle, .../auth/kubernetes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from watchword.adapters.secrets.asking import Answer, Asker
from watchword.kernel.managers import VALUE, Kept, ManagerTrouble
from watchword.kernel.secret import Secret

_REFUSED, _FORBIDDEN, _MISSING, _SEALED = 400, 403, 404, 503
_NOT_FIRST: Final = "check-and-set"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultLogin:
    """How we prove who we are: a token; or a role's id and secret; or a role and a pod's own token.

    `mount` is where that way of proof stands, if not at its usual place.
    """

    token: Secret = field(default_factory=lambda: Secret(""))
    role_id: str = ""
    secret_id: Secret = field(default_factory=lambda: Secret(""))
    role: str = ""
    pod_token: Secret = field(default_factory=lambda: Secret(""))
    mount: str = ""


class VaultSecrets:
    """Keeps secrets in Vault."""

    def __init__(
        self, address: str, login: VaultLogin, *, namespace: str = "", ca_path: str = ""
    ) -> None:
        """Ask there, in that namespace. Problem: `ManagerTrouble`."""
        self.title = f"Vault at {address}"
        self._base = f"{address.rstrip('/')}/v1"
        self._login = login
        self._headers = {"X-Vault-Request": "true"}
        if namespace:
            self._headers["X-Vault-Namespace"] = namespace
        self._asker = Asker(self.title, ca_path)
        self._token = login.token

    def read(self, path: str) -> Sequence[Kept]:
        """Return what is kept there. Problem: `ManagerTrouble`."""
        mount, place = _parts(path)
        if place and not place.endswith("/"):
            return list(self._fields(mount, place, place.rpartition("/")[2]))
        return [
            each
            for name in self._names(mount, place)
            for each in self._fields(mount, place + name, name)
        ]

    def write(self, path: str, value: Secret, *, anew: bool = False) -> bool:
        """Keep one; false when it was there already and stays. Problem: `ManagerTrouble`."""
        mount, place = _parts(path)
        body: dict[str, Any] = {"data": {VALUE: value.reveal()}}
        if not anew:
            body["options"] = {"cas": 0}
        answer = self._ask("POST", f"{mount}/data/{place}", body)
        if answer.status == _REFUSED and _NOT_FIRST in str(answer.body.get("errors", "")):
            return False
        self._demand(answer, f"create and update on {mount}/data/{place}")
        return True

    def _names(self, mount: str, place: str) -> Sequence[str]:
        answer = self._ask("LIST", f"{mount}/metadata/{place}")
        if answer.status == _MISSING:
            return []
        self._demand(answer, f"list on {mount}/metadata/{place}")
        keys = _object(answer.body, "data").get("keys", [])
        return [key for key in keys if isinstance(key, str) and not key.endswith("/")]

    def _fields(self, mount: str, place: str, name: str) -> Iterator[Kept]:
        answer = self._ask("GET", f"{mount}/data/{place}")
        if answer.status == _MISSING:
            return
        self._demand(answer, f"read on {mount}/data/{place}")
        data = _object(answer.body, "data")
        since = _moment(_object(data, "metadata").get("created_time"))
        for key, value in _object(data, "data").items():
            if isinstance(value, (str, int)):
                yield Kept(path=name, field=key, value=Secret(str(value)), since=since)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        if not self._token:
            self._token = self._enter()
        headers = {**self._headers, "X-Vault-Token": self._token.reveal()}
        return self._send(method, path, headers, body)

    def _enter(self) -> Secret:
        """Prove who we are, for a token. Problem: `ManagerTrouble`."""
        login = self._login
        if login.role_id:
            way = login.mount or "approle"
            proof = {"role_id": login.role_id, "secret_id": login.secret_id.reveal()}
        elif login.role:
            way = login.mount or "kubernetes"
            proof = {"role": login.role, "jwt": login.pod_token.reveal()}
        else:
            raise ManagerTrouble(f"{self.title} wants a token or a role")
        answer = self._send("POST", f"auth/{way}/login", self._headers, proof)
        token = _object(answer.body, "auth").get("client_token")
        if not answer.good or not isinstance(token, str):
            raise ManagerTrouble(
                f"{self.title} does not let us in by auth/{way} ({answer.status}): look at the role"
            )
        return Secret(token)

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        told = {**headers, **({"Content-Type": "application/json"} if content else {})}
        return self._asker.ask(method, f"{self._base}/{quote(path)}", told, content)

    def _demand(self, answer: Answer, right: str) -> None:
        if answer.good:
            return
        if answer.status == _SEALED:
            raise ManagerTrouble(f"{self.title} is sealed, or a standby that answers nobody")
        if answer.status == _FORBIDDEN:
            raise ManagerTrouble(
                f"{self.title} refuses us: the token has run out, or lacks {right}"
            )
        raise ManagerTrouble(f"{self.title} answered {answer.status}, asked for {right}")


def _parts(path: str) -> tuple[str, str]:
    mount, _, place = path.strip().lstrip("/").partition("/")
    return mount, place


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
