"""Roles at AWS: a machine, a task or a pod that is somebody there needs no key among its settings.

    web identity   the pod's token, told to STS (AssumeRoleWithWebIdentity): EKS with IAM roles for accounts
    container      the agent beside us: ECS and Fargate; EKS with Pod Identity, to whom a token is shown
    instance       EC2's metadata, version 2: a token by PUT, the role's name, its credentials

The first that the environment tells of is asked, in the order of AWS' own libraries; a key among the settings
goes before all. The credentials end after some hours at most: they are for what is asked at the start. No
proxy stands in between, and the agent is believed where AWS has it: by https, on this machine, or at its own
link-local addresses.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/ (credential providers);
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html;
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from watchword.adapters.aws.sigv4 import AwsKey
from watchword.adapters.secrets.asking import Answer, Asker
from watchword.kernel.addresses import is_loopback
from watchword.kernel.managers import ManagerTrouble
from watchword.kernel.secret import Secret

_AGENT: Final = "http://169.254.170.2"
_AGENTS: Final = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"}
_SECONDS: Final = 1.0  # whoever stands beside us answers at once
_LASTS: Final = "300"  # seconds: the token is used three times, now
_TOKEN: Final = "X-aws-ec2-metadata-token"  # noqa: S105 - a header
_ROLES: Final = "latest/meta-data/iam/security-credentials/"
_IDENTITY: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"
_SHOWN: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
_MISSING: Final = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Who we are at AWS without a key, as far as the environment tells; a token may be in a file."""

    arn: str = ""
    identity: Secret | Path = field(default_factory=lambda: Secret(""))
    session: str = "watchword"
    sts_url: str
    agent_path: str = ""
    agent_url: str = ""
    agent_token: Secret | Path = field(default_factory=lambda: Secret(""))
    metadata_url: str = ""

    def key(self) -> AwsKey:
        """Return a temporary key. Problem: `ManagerTrouble`."""
        if self.arn or self.identity:
            return self._by_identity()
        if self.agent_path or self.agent_url:
            return self._by_agent()
        if self.metadata_url:
            return self._by_metadata()
        raise ManagerTrouble(_MISSING)

    def _by_identity(self) -> AwsKey:
        identity = _held(self.identity, _IDENTITY)
        if not (self.arn and identity):
            raise ManagerTrouble(f"AWS_ROLE_ARN and {_IDENTITY} go together: one is missing")
        asked = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": self.arn,
            "RoleSessionName": self.session,
            "WebIdentityToken": identity,
        }
        title = "AWS STS"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = Asker(title).ask("POST", f"{self.sts_url}/", kind, urlencode(asked).encode())
        if not answer.good:
            raise ManagerTrouble(f"{title} refuses {self.arn}: {_fault(answer)}")
        told = {name: _element(answer.text, name) for name in ("AccessKeyId", "SecretAccessKey")}
        return _key({**told, "Token": _element(answer.text, "SessionToken")}, title)

    def _by_agent(self) -> AwsKey:
        title = "the agent of AWS' containers"
        url = _AGENT + self.agent_path if self.agent_path else self.agent_url
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https" and host not in _AGENTS and not is_loopback(host):
            raise ManagerTrouble(
                f"AWS_CONTAINER_CREDENTIALS_FULL_URI leads to {host} by plain http"
            )
        shown = _held(self.agent_token, _SHOWN).strip()
        if "\n" in shown or "\r" in shown:
            raise ManagerTrouble("AWS_CONTAINER_AUTHORIZATION_TOKEN holds more than one line")
        answer = _beside(title).ask("GET", url, {"Authorization": shown} if shown else {})
        if not answer.good:
            raise ManagerTrouble(f"{title} answered {answer.status}")
        return _key(answer.body, title)

    def _by_metadata(self) -> AwsKey:
        title = "EC2's metadata"
        asker, base = _beside(title), f"{self.metadata_url}/"
        lasts = {f"{_TOKEN}-ttl-seconds": _LASTS}
        try:
            token = asker.ask("PUT", f"{base}latest/api/token", lasts)
        except ManagerTrouble as trouble:
            raise ManagerTrouble(f"{_MISSING}, and {trouble}") from None
        shown = {_TOKEN: _good(token, title).text.strip()}
        name = _good(asker.ask("GET", base + _ROLES, shown), title).text.split()
        if not name:
            raise ManagerTrouble(f"{_MISSING}, and {title} tells of no role")
        told = asker.ask("GET", base + _ROLES + quote(name[0], safe=""), shown)
        return _key(_good(told, title).body, title)


def _held(token: Secret | Path, name: str) -> str:
    """Return a token, anew from its file: it is another one after some hours. Problem: `ManagerTrouble`."""
    if isinstance(token, Secret):
        return token.reveal()
    try:
        return token.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ManagerTrouble(f"{name} names {token}, which cannot be read") from error


def _beside(title: str) -> Asker:
    return Asker(title, seconds=_SECONDS, beside=True)


def _good(answer: Answer, title: str) -> Answer:
    if not answer.good:
        raise ManagerTrouble(f"{_MISSING}, and {title} answered {answer.status}")
    return answer


def _key(told: Mapping[str, Any], title: str) -> AwsKey:
    """Read the credentials of a role. Problem: `ManagerTrouble`, which repeats none of them."""
    words = [told.get(name) for name in ("AccessKeyId", "SecretAccessKey", "Token")]
    if not all(isinstance(word, str) and word for word in words):
        raise ManagerTrouble(
            f"{title} told no credentials: {told.get('Code') or 'no reason given'}"
        )
    key_id, secret, session = map(str, words)
    return AwsKey(id=key_id, secret=Secret(secret), session=Secret(session))


def _fault(answer: Answer) -> str:
    return _element(answer.text, "Code") or str(answer.status)


def _element(text: str, name: str) -> str:
    """Return what an element of STS' XML holds: it is plain text, once."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return unescape(found[1]).strip() if found else ""
