"""Identity providers are told whole, at https, and lead back to this service."""

import pytest

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import development, production
from tests.support.markdown import ROOT, blocks
from watchword.plumbing.settings import GoogleSettings, LinkedinSettings, OidcSettings

GOOGLE = {"GOOGLE_CLIENT_ID": "watchword", "GOOGLE_CLIENT_SECRET": "GOCSPX-secret-of-the-client"}
STAFF = {
    "OIDC_ISSUERS": "staff=https://sso.example.org/realms/staff, lab=https://lab.example.org/",
    "OIDC_CLIENT_IDS": "staff=watchword,lab=w2",
    "OIDC_CLIENT_SECRETS": "staff=secret-of-staff=,lab=secret-of-lab",
    "OIDC_TITLES": "staff=Clinic staff",
}


@pytest.mark.req("R-35", "K-23")
def test_the_settings_of_the_seeds_are_read_by_their_names(read: Read) -> None:
    public = production()["PUBLIC_BASE_URL"]
    back = {
        "GOOGLE_CALLBACK_URL": f"{public}/auth/oauth/google/callback",
        "OAUTH_REDIRECT_URL": f"{public}/auth/callback",
    }
    google = read(production(**GOOGLE, **back)).section(GoogleSettings)
    assert (google.client_id, google.secret.reveal()) == tuple(GOOGLE.values())
    assert google.callback == back["GOOGLE_CALLBACK_URL"]


def test_others_are_told_by_names_of_ones_own(read: Read) -> None:
    found = read(production(**STAFF)).section(OidcSettings)
    assert found.issuers == {
        "staff": "https://sso.example.org/realms/staff",
        "lab": "https://lab.example.org/",
    }
    assert found.secrets["staff"].reveal() == "secret-of-staff="
    assert found.titles == {"staff": "Clinic staff"}


def test_the_settings_that_the_page_shows_are_read(read: Read) -> None:
    [block] = blocks(ROOT / "docs/operate/social-login.md")
    told = dict(line.split("=", 1) for line in block.text.strip().splitlines())
    found = read(production(**told)).section(OidcSettings)
    assert set(found.issuers) == set(found.client_ids) == set(found.secrets) == {"staff"}


def test_nothing_told_is_nothing_wanted(read: Read) -> None:
    assert not read(production()).section(LinkedinSettings).client_id


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({**GOOGLE, "GOOGLE_CLIENT_SECRET": ""}, "GOOGLE_CLIENT_SECRET"),
        ({**GOOGLE, "GOOGLE_CLIENT_ID": ""}, "GOOGLE_CLIENT_ID"),
        ({**GOOGLE, "GOOGLE_ISSUER": "http://accounts.google.com"}, "GOOGLE_ISSUER"),
        ({"GITHUB_CLIENT_ID": "x"}, "GITHUB_CLIENT_SECRET"),
        ({"LINKEDIN_CLIENT_SECRET": "kept-elsewhere"}, "LINKEDIN_CLIENT_ID"),
        ({**STAFF, "OIDC_CLIENT_IDS": "staff=watchword"}, "OIDC_CLIENT_IDS"),
        ({**STAFF, "OIDC_CLIENT_SECRETS": "lab=kept-elsewhere"}, "OIDC_CLIENT_SECRETS"),
        ({**STAFF, "OIDC_CLIENT_SECRETS": "kept-elsewhere"}, "OIDC_CLIENT_SECRETS"),
        ({**STAFF, "OIDC_TITLES": "nobody=Nobody"}, "OIDC_TITLES"),
        ({"OIDC_ISSUERS": "google=https://sso.example.org"}, "OIDC_ISSUERS"),
        ({"OIDC_ISSUERS": "staff=https://sso.example.org?x=1"}, "OIDC_ISSUERS"),
        (
            {**STAFF, "OIDC_ISSUERS": "staff=http://sso.example.org,lab=https://x.org"},
            "OIDC_ISSUERS",
        ),
        ({**STAFF, "OIDC_ISSUERS": "staff=https://x.org,lab=https://x.org"}, "OIDC_ISSUERS"),
        (
            {"OAUTH_REDIRECT_URL": "https://elsewhere.example.org/auth/callback"},
            "OAUTH_REDIRECT_URL",
        ),
        ({"OAUTH_NETWORKS": "everywhere"}, "OAUTH_NETWORKS"),
        ({"OAUTH_TIMEOUT": "soon"}, "OAUTH_TIMEOUT"),
    ],
)
def test_what_is_missing_or_wrong_is_refused_by_name(
    faults: Faults, given: dict[str, str], named: str
) -> None:
    ((name, sentence),) = faults(production(**given)).items()
    assert name == named
    assert "kept-elsewhere" not in sentence


@pytest.mark.req("D-64")
@pytest.mark.parametrize(
    "path", ["/callback", "/auth/oauth/github/callback", "/auth/callback/", "/auth/callback?x=1"]
)
def test_an_address_that_leads_to_no_page_of_ours_is_refused(faults: Faults, path: str) -> None:
    told = {**GOOGLE, "GOOGLE_CALLBACK_URL": production()["PUBLIC_BASE_URL"] + path}
    assert set(faults(production(**told))) == {"GOOGLE_CALLBACK_URL"}


def test_a_provider_on_this_machine_needs_no_tls(read: Read) -> None:
    told = {**STAFF, "OIDC_ISSUERS": "staff=http://127.0.0.1:9000,lab=http://localhost:9001"}
    assert len(read(development(**told)).section(OidcSettings).issuers) == 2
