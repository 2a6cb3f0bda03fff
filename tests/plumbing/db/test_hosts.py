"""Several hosts in one URL."""

from watchword.plumbing.db.hosts import Hosts, one_by_one

BOTH = "postgresql://auth:a%2Cb@one:5432,[fd00::2]:5433/auth_db"


def test_each_host_has_a_url_of_its_own() -> None:
    assert one_by_one(BOTH) == (
        "postgresql://auth:a%2Cb@one:5432/auth_db",
        "postgresql://auth:a%2Cb@[fd00::2]:5433/auth_db",
    )
    assert one_by_one("postgresql://one/auth_db?host=/run") == (
        "postgresql://one/auth_db?host=/run",
    )
    assert one_by_one("sqlite:///var/auth,1.db") == ("sqlite:///var/auth,1.db",)


def test_of_several_the_primary_is_asked_for_unless_told_otherwise() -> None:
    assert [*Hosts(BOTH)] == [f"{each}?target_session_attrs=primary" for each in one_by_one(BOTH)]
    asked = f"{BOTH}?sslmode=verify-full&target_session_attrs=any"
    assert [*Hosts(asked)] == [*one_by_one(asked)]
    assert [*Hosts("postgresql://one/auth_db")] == ["postgresql://one/auth_db"]


def test_who_took_us_last_is_asked_first() -> None:
    hosts = Hosts("postgresql://one,two,three/x?target_session_attrs=any")
    one, two, three = hosts
    hosts.took(two)
    assert [*hosts] == [two, one, three]
    hosts.took(two)
    assert len(hosts) == 3
    assert [*hosts] == [two, one, three]
