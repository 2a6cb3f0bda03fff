"""The secrets of this deployment, one for each purpose.

The pepper, the refresh secret and the reset secret can rotate: give the new one with the next version, and
the old one as `version:secret` in `..._PREVIOUS` until what was made with it has expired.
"""

from collections.abc import Mapping

from watchword.kernel.parsing import whole
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Peppers, Secret

_version = whole(1, 9999)


def _previous(text: str) -> Mapping[int, Secret]:
    found: dict[int, Secret] = {}
    for part in filter(None, text.split(",")):
        version, colon, secret = part.strip().partition(":")
        if not colon or not secret or not version.isascii() or not version.isdigit():
            message = "write VERSION:SECRET, several separated by commas"
            raise ValueError(message)
        found[_version(version)] = Secret(secret)
    return found


@section
class SecretSettings:
    """Secrets."""

    pepper: Secret = setting(
        "PEPPER",
        "Keys the digests of passwords, codes and links that we store.",
        parse=Secret,
        secret=True,
    )
    pepper_version: int = setting(
        "PEPPER_VERSION",
        "The version of PEPPER; one more at each rotation.",
        parse=_version,
        default="1",
    )
    pepper_previous: Mapping[int, Secret] = setting(
        "PEPPER_PREVIOUS",
        "Earlier peppers that still verify: VERSION:SECRET, several separated by commas.",
        parse=_previous,
        default="",
        secret=True,
    )
    refresh_secret: Secret = setting(
        "JWT_REFRESH_SECRET", "Keys the digests of refresh tokens.", parse=Secret, secret=True
    )
    refresh_version: int = setting(
        "JWT_REFRESH_SECRET_VERSION",
        "The version of JWT_REFRESH_SECRET; one more at each rotation.",
        parse=_version,
        default="1",
    )
    refresh_previous: Mapping[int, Secret] = setting(
        "JWT_REFRESH_SECRET_PREVIOUS",
        "Earlier refresh secrets that still verify: VERSION:SECRET, several separated by commas.",
        parse=_previous,
        default="",
        secret=True,
    )
    reset_secret: Secret = setting(
        "JWT_RESET_SECRET",
        "Signs the grants by which a password or a PIN is chosen anew.",
        parse=Secret,
        secret=True,
    )
    reset_version: int = setting(
        "JWT_RESET_SECRET_VERSION",
        "The version of JWT_RESET_SECRET; one more at each rotation.",
        parse=_version,
        default="1",
    )
    reset_previous: Mapping[int, Secret] = setting(
        "JWT_RESET_SECRET_PREVIOUS",
        "Earlier reset secrets that still verify: VERSION:SECRET, several separated by commas.",
        parse=_previous,
        default="",
        secret=True,
    )
    session_secret: Secret = setting(
        "SESSION_SECRET",
        "Seals letters and texts that wait, copies of data, sign-ins under way elsewhere, and USSD"
        " sessions.",
        parse=Secret,
        aliases=("NEXTAUTH_SECRET",),
        secret=True,
    )
    csrf_secret: Secret = setting(
        "CSRF_SECRET", "Keys the tokens in our forms.", parse=Secret, secret=True
    )
    least_length: int = setting(
        "SECRET_MIN_LENGTH",
        "The least number of characters of each secret.",
        parse=whole(32, 1024),
        default="32",
    )

    def peppers(self) -> Peppers:
        """Return the peppers that verify; new digests are made under the newest."""
        return _keys(self.pepper, self.pepper_version, self.pepper_previous)

    def refresh_keys(self) -> Peppers:
        """Return the keys of refresh digests."""
        return _keys(self.refresh_secret, self.refresh_version, self.refresh_previous)

    def reset_keys(self) -> Mapping[int, Secret]:
        """Return the secrets of reset grants by version; new ones are signed under the newest."""
        return {**self.reset_previous, self.reset_version: self.reset_secret}


def _keys(secret: Secret, version: int, previous: Mapping[int, Secret]) -> Peppers:
    keys = {number: old.reveal().encode() for number, old in previous.items()}
    return Peppers(version, {**keys, version: secret.reveal().encode()})
