"""How pg_dump and psql are told where to go."""

import pytest

from watchword.kernel.secret import Secret
from watchword.plumbing.db.dumps.libpq import Access


@pytest.mark.req("K-45", "D-22")
@pytest.mark.parametrize("said", ["sslmode=disable", "sslmode=require&sslrootcert=/elsewhere"])
def test_what_a_url_says_of_tls_does_not_undo_the_settings(said: str) -> None:
    url = Secret(f"postgresql://auth:word@db.example.org/auth?{said}")
    with Access(url=url, tls=True, ca="/etc/ca.pem").told() as told:
        assert "sslmode='verify-full'" in told
        assert "sslrootcert='/etc/ca.pem'" in told
        assert "disable" not in told


def test_what_else_a_url_says_is_passed_on() -> None:
    url = Secret("postgresql://auth@db.example.org/auth?target_session_attrs=read-write")
    with Access(url=url, tls=True).told() as told:
        assert "target_session_attrs='read-write'" in told
