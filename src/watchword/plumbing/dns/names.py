"""Names of domains: as people write them, and as the DNS does."""

from email_validator import EmailNotValidError, validate_email


def domain_name(text: str) -> str:
    """Return a domain that may send mail as the DNS writes it: lower case, A-labels; ValueError."""
    bare = text.strip().rstrip(".")
    try:
        found = validate_email(
            f"postmaster@{bare}", check_deliverability=False, test_environment=True
        ).ascii_domain
    except (EmailNotValidError, UnicodeError):
        found = ""
    if "." not in (found or ""):
        message = "write a domain such as example.org"
        raise ValueError(message)
    return str(found).lower()


def readable(name: str) -> str:
    """Return a domain as its people write it."""
    try:
        return validate_email(
            f"postmaster@{name}", check_deliverability=False, test_environment=True
        ).domain
    except EmailNotValidError:
        return name


def same(one: str, other: str) -> bool:
    """Tell whether two names are one: letter case and a dot at the end do not count."""
    return one.rstrip(".").lower() == other.rstrip(".").lower()


def within(name: str, domain: str) -> bool:
    """Tell whether a name is the domain or lies below it."""
    return same(name, domain) or name.rstrip(".").lower().endswith("." + domain.lower())
