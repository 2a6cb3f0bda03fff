"""The region and the key of AWS are one, for all that is wanted there."""

from pathlib import Path

import pytest

from tests.support.world import environment
from watchword.app.settings import SettingsRefused, read
from watchword.app.settings.reference import page
from watchword.plumbing.settings import AwsSettings, RoleSettings, SesSettings

PARIS = "eu-west-3"


def test_the_reference_tells_of_the_key_apart_from_those_who_want_it() -> None:
    chapters = {part.partition("\n")[0]: part for part in page().split("\n## ")}
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        [chapter] = [title for title, part in chapters.items() if f"\n| `{name}`" in part]
        assert chapter.startswith("AWS"), name
    [region] = [line for line in page().splitlines() if line.startswith("| `AWS_REGION`")]
    for wanted in ("SES", "S3", "Secrets Manager"):
        assert wanted in region


def test_letters_go_to_ses_in_that_region_unless_it_is_told_where(
    sqlite_url: str, tmp_path: Path
) -> None:
    told = environment(sqlite_url, AWS_REGION=PARIS)
    settings = read(told, cwd=tmp_path)
    region = settings.section(AwsSettings).region
    assert settings.section(SesSettings).url(region) == f"https://email.{PARIS}.amazonaws.com"
    elsewhere = read({**told, "SES_API_URL": "https://ses.example.org"}, cwd=tmp_path)
    assert elsewhere.section(SesSettings).url(region) == "https://ses.example.org"


def test_what_is_no_region_is_refused_by_name(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"AWS_REGION.*write a region such as eu-west-1"):
        read(environment(sqlite_url, AWS_REGION="paris"), cwd=tmp_path)


TOKENS = {
    "AWS_WEB_IDENTITY_TOKEN": "identity",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "agent_token",
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_file_that_aws_put_here_is_no_concern_of_who_asks_for_no_role(
    sqlite_url: str, tmp_path: Path, name: str
) -> None:
    settings = read(environment(sqlite_url, **{f"{name}_FILE": "none"}), cwd=tmp_path)
    assert getattr(settings.section(RoleSettings), TOKENS[name]) == Path("none")
    told = read(environment(sqlite_url, **{name: "a token"}), cwd=tmp_path)
    assert getattr(told.section(RoleSettings), TOKENS[name]).reveal() == "a token"
