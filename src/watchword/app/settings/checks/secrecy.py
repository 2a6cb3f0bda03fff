"""The secrets: long enough, each its own, none that a guide shows."""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from watchword.app.settings.catalogue import Entry
from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.checks.guessable import is_easily_guessed, is_sample
from watchword.app.settings.values import Kind, Settings
from watchword.kernel.secret import Secret
from watchword.plumbing.settings import SecretSettings

DEVELOPMENT_MARK = "development-"  # how the secrets begin that `./run` makes


def strength(settings: Settings, entries: Mapping[str, Entry], findings: Findings) -> None:
    """Judge every secret that was given."""
    given = {
        name: text
        for name, text in settings.texts.items()
        if text and entries[name].secret and settings.sources[name].kind is not Kind.DERIVED
    }
    keys = {name: text for name, text in given.items() if entries[name].derivable}
    for name, text in keys.items():
        _judge_key(name, text, _least_length(settings), findings)
    _judge_equals(keys, findings)
    _judge_lent(keys, given, findings)
    for name, text in given.items():
        password = text if entries[name].parse is Secret else _password_in(text)
        if name not in keys and password and is_sample(password):
            findings.unsafe(name, "holds a password that guides show: choose another.")


def rotation(settings: Settings, findings: Findings) -> None:
    """A version must not name two secrets."""
    secrets = settings.section(SecretSettings)
    for name, version, previous in (
        ("PEPPER", secrets.pepper_version, secrets.pepper_previous),
        ("JWT_REFRESH_SECRET", secrets.refresh_version, secrets.refresh_previous),
        ("JWT_RESET_SECRET", secrets.reset_version, secrets.reset_previous),
    ):
        if version in previous:
            findings.wrong(
                f"{name}_VERSION",
                f"is {version}, and {name}_PREVIOUS has a version {version} too:"
                " a rotation takes the next number.",
            )


def _judge_key(name: str, text: str, least: int, findings: Findings) -> None:
    if findings.strict and text.startswith(DEVELOPMENT_MARK):
        findings.wrong(name, "was made for development: `watchword secrets generate` makes others.")
    elif len(text) < least:
        findings.unsafe(name, f"is too short: use at least {least} characters.")
    elif is_sample(text):
        findings.unsafe(name, "is a sample value: make one with `watchword secrets generate`.")
    elif is_easily_guessed(text):
        findings.unsafe(name, "is easily guessed: make one with `watchword secrets generate`.")


def _judge_equals(keys: Mapping[str, str], findings: Findings) -> None:
    first: dict[str, str] = {}
    for name, text in sorted(keys.items()):
        if text in first:
            findings.unsafe(name, f"is the same as {first[text]}: use one for each purpose.")
        first.setdefault(text, name)


def _judge_lent(keys: Mapping[str, str], given: Mapping[str, str], findings: Findings) -> None:
    """No key of ours is somebody's password as well."""
    by_text = {text: name for name, text in keys.items()}
    for name, text in given.items():
        if name not in keys and text in by_text:
            findings.unsafe(name, f"is the same as {by_text[text]}: use one for each purpose.")


def _least_length(settings: Settings) -> int:
    secrets = settings.sections.get(SecretSettings)
    if isinstance(secrets, SecretSettings):
        return secrets.least_length
    return int(settings.texts.get("SECRET_MIN_LENGTH", "32"))


def _password_in(text: str) -> str:
    """Return the password in a URL."""
    return unquote(urlsplit(text).password or "") if "://" in text else ""
