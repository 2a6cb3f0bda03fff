"""The guide: what operators may ask of the settings (`watchword env`, `config`, `secrets`)."""

from collections.abc import Callable
from pathlib import Path

from watchword.app.managing import manager_of
from watchword.app.settings import catalogue, reference
from watchword.app.settings.masking import shown
from watchword.app.settings.values import Settings, SettingsRefused
from watchword.operations.configuration.rules import Described, Fault, Line, Report, Shelf
from watchword.plumbing.settings import AwsSettings, ManagerSettings, RoleSettings, ServerSettings


class CatalogueGuide:
    """Reads by the function that the service itself starts with."""

    def __init__(self, read: Callable[..., Settings]) -> None:
        """Ask `read` each time; it may be asked for some `sections` alone."""
        self._read = read

    def report(self) -> Report:
        """Look at the settings of this process."""
        try:
            settings = self._read()
        except SettingsRefused as refusal:
            faults = tuple(Fault(name=name, sentence=text) for name, text in refusal.faults)
            return Report(faults=faults, warnings=refusal.warnings)
        entries = catalogue.entries(catalogue.sections())
        lines = tuple(
            Line(
                name=name,
                value=shown(entry, settings.texts[name]),
                source=settings.sources[name].label,
            )
            for name, entry in entries.items()
        )
        return Report(warnings=settings.warnings, lines=lines)

    def secret_names(self) -> tuple[str, ...]:
        """Return the names of the secrets that a deployment needs."""
        return catalogue.secret_names()

    def setting_names(self) -> frozenset[str]:
        """Return every name that a setting has."""
        return catalogue.known_names(catalogue.entries(catalogue.sections()))

    def shelf(self, provider: str, path: str) -> Shelf:
        """Return who keeps secrets, and where; whatever else is missing. Problem: `ManagerTrouble`."""
        settings = self._read(sections=(ServerSettings, ManagerSettings, AwsSettings, RoleSettings))
        ours, aws = settings.section(ManagerSettings), settings.section(AwsSettings)
        named = provider or ours.provider
        strict = not settings.section(ServerSettings).development
        role = settings.section(RoleSettings)
        manager = manager_of(named, ours, aws, role, Path.cwd(), strict=strict)
        return Shelf(manager=manager, path=path or ours.path)

    def reference(self) -> str:
        """Return the page that explains every setting."""
        return reference.page()

    def described(self) -> tuple[Described, ...]:
        """Return every setting there is."""
        return tuple(
            Described(
                name=each.name,
                default=each.default,
                aliases=tuple(alias.name for alias in each.aliases),
                meaning=each.doc,
                secret=each.secret,
            )
            for each in catalogue.entries(catalogue.sections()).values()
        )

    def example(self) -> str:
        """Return a `.env.example`."""
        return reference.example()
