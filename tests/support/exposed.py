"""What `/metrics` shows, as Prometheus reads it."""

from dataclasses import dataclass

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.support.world import World


@dataclass(frozen=True, slots=True)
class Exposed:
    """One scrape."""

    families: dict[str, Metric]

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of the samples of a name with these labels."""
        return sum(
            sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def shows(self, name: str) -> bool:
        """Tell whether there is any sample of that name."""
        return any(s.name == name for family in self.families.values() for s in family.samples)

    def labels(self, name: str, label: str) -> list[str]:
        """Return what a label says in the samples of a name, in their order, each once."""
        told = [
            sample.labels[label]
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name
        ]
        return list(dict.fromkeys(told))


async def scrape(world: World) -> Exposed:
    """Ask the application for its metrics."""
    async with world.client("10.1.2.3") as prometheus:
        answer = await prometheus.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return read(answer.text)


def read(text: str) -> Exposed:
    """Read what a scrape told."""
    return Exposed({family.name: family for family in text_string_to_metric_families(text)})
