"""AWS Secrets Manager: a secret is a text (`auth/database-url`), or an object of fields (`auth/database`).

    read           GetSecretValue
    read below     BatchGetSecretValue, filtered by what the names begin with, page by page
    write          CreateSecret; where it is there already and shall be anew, PutSecretValue

Signed by hand as letters to SES are (Signature Version 4), with a key or as a role (`roles`). Either wants
these actions, and `secretsmanager:ListSecrets` with BatchGetSecretValue. A binary secret is none of ours.
Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from watchword.adapters.aws.sigv4 import AwsKey, Signer
from watchword.adapters.secrets.asking import Answer, Asker
from watchword.kernel.clock import Clock
from watchword.kernel.managers import VALUE, Kept, ManagerTrouble
from watchword.kernel.secret import Secret

_TYPE: Final = "application/x-amz-json-1.1"
_ABSENT: Final = "ResourceNotFoundException"
_THERE: Final = "ResourceExistsException"


class AwsSecrets:
    """Keeps secrets in AWS Secrets Manager."""

    def __init__(self, url: str, region: str, key: Callable[[], AwsKey], clock: Clock) -> None:
        """Ask at this address; the key is wanted with the first question. Problem: `ManagerTrouble`."""
        self.title = f"AWS Secrets Manager in {region}"
        self._url = f"{url.rstrip('/')}/"
        self._region = region
        self._key = key
        self._signer: Signer | None = None
        self._clock = clock
        self._asker = Asker(self.title)

    def read(self, path: str) -> Sequence[Kept]:
        """Return what is kept there. Problem: `ManagerTrouble`."""
        if path and not path.endswith("/"):
            answer = self._ask("GetSecretValue", {"SecretId": path})
            if _fault(answer) == _ABSENT:
                return []
            self._demand(answer, "GetSecretValue", path)
            return list(_fields(answer.body, path.rpartition("/")[2]))
        return [
            kept
            for secret in self._below(path)
            for kept in _fields(secret, str(secret.get("Name", ""))[len(path) :])
        ]

    def write(self, path: str, value: Secret, *, anew: bool = False) -> bool:
        """Keep one; false when it was there already and stays. Problem: `ManagerTrouble`."""
        text = value.reveal()
        once = sha256(f"{path}\0{text}".encode()).hexdigest()
        said = {"SecretString": text, "ClientRequestToken": once}
        answer = self._ask("CreateSecret", {"Name": path, **said})
        if _fault(answer) == _THERE:
            if not anew:
                return False
            answer = self._ask("PutSecretValue", {"SecretId": path, **said})
            self._demand(answer, "PutSecretValue", path)
            return True
        self._demand(answer, "CreateSecret", path)
        return True

    def _below(self, prefix: str) -> Iterator[Mapping[str, Any]]:
        asked: dict[str, Any] = {"Filters": [{"Key": "name", "Values": [prefix]}]}
        while True:
            answer = self._ask("BatchGetSecretValue", asked)
            self._demand(answer, "BatchGetSecretValue", prefix)
            for fault in answer.body.get("Errors", []):
                name, code = fault.get("SecretId", prefix), fault.get("ErrorCode", "?")
                raise ManagerTrouble(f"{self.title} does not tell {name}: {code}")
            for secret in answer.body.get("SecretValues", []):
                if str(secret.get("Name", "")).startswith(prefix):  # the filter minds no capitals
                    yield secret
            following = answer.body.get("NextToken")
            if not following:
                return
            asked = {**asked, "NextToken": following}

    def _ask(self, action: str, asked: Mapping[str, Any]) -> Answer:
        content = json.dumps(asked).encode()
        headers = {"Content-Type": _TYPE, "X-Amz-Target": f"secretsmanager.{action}"}
        if self._signer is None:
            self._signer = Signer(key=self._key(), region=self._region, service="secretsmanager")
        signed = self._signer.sign("POST", self._url, headers, content, self._clock.now())
        return self._asker.ask("POST", self._url, signed, content)

    def _demand(self, answer: Answer, action: str, path: str) -> None:
        if answer.good:
            return
        fault = _fault(answer) or str(answer.status)
        if fault in {"AccessDeniedException", "AccessDenied"}:
            raise ManagerTrouble(
                f"{self.title} refuses us: the key lacks secretsmanager:{action} on {path}"
            )
        raise ManagerTrouble(f"{self.title} answered {fault}, asked for {action} of {path}")


def _fields(secret: Mapping[str, Any], name: str) -> Iterator[Kept]:
    text = secret.get("SecretString")
    if not isinstance(text, str):
        return
    since = _moment(secret.get("CreatedDate"))
    for field, value in _told(text).items():
        yield Kept(path=name, field=field, value=Secret(value), since=since)


def _told(text: str) -> Mapping[str, str]:
    """Return the fields of an object; any other text is the one value."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        return {VALUE: text}
    return {str(name): str(value) for name, value in read.items() if isinstance(value, (str, int))}


def _fault(answer: Answer) -> str:
    """Return the short name of what went wrong; nothing when all is well."""
    return "" if answer.good else str(answer.body.get("__type", "")).rpartition("#")[2]


def _moment(seconds: object) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, (int, float)) else None
