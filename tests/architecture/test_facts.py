"""Facts: a reader of the journal who knows a type knows its shape."""

from collections import Counter
from collections.abc import Iterator

from watchword.app import slices
from watchword.kernel.facts import Fact


def declared(above: type[Fact] = Fact) -> Iterator[type[Fact]]:
    """Yield every class of facts that the source declares."""
    for kind in above.__subclasses__():
        if kind.__module__.startswith("watchword.") and "type" in vars(kind):
            yield kind
        yield from declared(kind)


def test_one_type_of_fact_is_one_class() -> None:
    assert len(list(slices.modules("rules"))) > 20
    classes = {(kind.type, f"{kind.__module__}.{kind.__name__}") for kind in declared()}
    types = Counter(name for name, _ in classes)
    assert "id.session.revoked" in types
    assert {name: number for name, number in types.items() if number > 1} == {}
