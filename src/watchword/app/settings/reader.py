"""Reading: which environment and profile this is, then every setting from the layers that apply."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from watchword.app.settings import (
    catalogue,
    checks,
    composition,
    derivation,
    dotenv,
    managed,
    near,
    profiles,
)
from watchword.app.settings.catalogue import Entry
from watchword.app.settings.layers import (
    Defaults,
    Folder,
    Layer,
    Unreadable,
    Variables,
    content,
    written_at,
)
from watchword.app.settings.lookup import Lookup, Value
from watchword.app.settings.values import Kind, Settings, SettingsRefused, Source
from watchword.kernel.managers import ManagerTrouble
from watchword.plumbing.settings.server import DEVELOPMENT, PRODUCTION, TEST, ServerSettings

_FOR_TRYING = {DEVELOPMENT, TEST}


def read(
    environ: Mapping[str, str],
    *,
    cwd: Path,
    sections: Iterable[type[Any]] | None = None,
    assumed: str = PRODUCTION,
) -> Settings:
    """Read every section; `assumed` is APP_ENV where nobody says it.

    Of some `sections` alone nothing is checked together, and no manager of secrets is asked.

    Problem: `SettingsRefused` with everything that is wrong.
    """
    kinds = tuple(sections) if sections is not None else catalogue.sections()
    return _Reader(environ, cwd, kinds, assumed, whole=sections is None).settings()


class _Reader:
    """Reads once, from the environment to the sections."""

    def __init__(
        self,
        environ: Mapping[str, str],
        cwd: Path,
        kinds: tuple[type[Any], ...],
        assumed: str,
        *,
        whole: bool,
    ) -> None:
        self._kinds = kinds
        self._whole = whole
        self._kept_by = ""
        self._named: dict[str, frozenset[str]] = {}  # folders of files, and what these are called
        self._entries = catalogue.entries(kinds)
        self._server = catalogue.entries([ServerSettings])
        self._cwd = cwd
        self._faults: list[tuple[str, str]] = []
        self._warnings: list[str] = []
        self._process = Variables(environ, cwd, Kind.ENVIRONMENT, "the environment")
        self._variables = [self._process]
        self._where = self._which_environment(assumed)
        self._environment = self._where.values["APP_ENV"]
        self._profile = self._which_profile()

    def settings(self) -> Settings:
        """Look everything up, build the sections, and refuse what must be refused."""
        lookup = Lookup(self._layers(), self._profile.name, self._faults)
        values = {
            name: value for name, each in self._entries.items() if (value := lookup.find(each))
        }
        composition.prefer_parts(self._entries, values)
        if self._environment in _FOR_TRYING:
            derivation.derive_missing(self._entries, values, {name for name, _ in self._faults})
        self._say_missing(values)
        known = catalogue.known_names(self._entries)
        for each in self._variables:
            self._warnings += near.strange(each.values, known, each.where)
        for place, names in self._named.items():
            self._warnings += near.strange(dict.fromkeys(names, ""), known, place)
        draft = Settings(
            sections=self._built(values),
            texts={name: value.text for name, value in values.items()},
            sources={name: value.source for name, value in values.items()},
        )
        warnings = (*self._warnings, *self._check(draft))
        if self._faults:
            raise SettingsRefused(sorted(set(self._faults)), warnings)
        return Settings(
            sections=draft.sections, texts=draft.texts, sources=draft.sources, warnings=warnings
        )

    def _check(self, draft: Settings) -> Sequence[str]:
        """Look at all of them together; return what is only worth saying."""
        if not self._whole:
            return ()
        findings = checks.check(draft, self._entries, self._profile.required, self._cwd)
        self._faults += findings.faults
        return findings.warnings

    def _which_environment(self, assumed: str) -> Defaults:
        """Ask the environment, then `.env`, whose other lines are read in development only."""
        entry = self._server["APP_ENV"]
        plain = self._dotenv(".env")
        lookup = Lookup([self._process, *([plain] if plain else [])])
        found = lookup.find(entry)
        given = found is not None and found.source.given
        environment = str(found.value) if found is not None and given else assumed
        source = found.source if found is not None and given else _assumption(assumed)
        special = self._dotenv(f".env.{environment}")
        files = [each for each in (special, plain) if each]
        if environment in _FOR_TRYING:
            self._variables += files
        elif files:
            names = " and ".join(each.where for each in files)
            self._warnings.append(
                f"{names} {'is' if len(files) == 1 else 'are'} not read in {environment}:"
                " use the environment, NAME_FILE or SECRETS_DIR."
            )
        return Defaults({"APP_ENV": environment}, source.kind, source.label)

    def _which_profile(self) -> profiles.Profile:
        lookup = Lookup(self._variables)
        found = lookup.find(self._server["APP_PROFILE"])
        return profiles.profile(str(found.value) if found else "generic")

    def _layers(self) -> list[Layer]:
        defaults: list[Layer] = [
            Defaults(self._profile.defaults, Kind.PROFILE, f"profile {self._profile.name}"),
            Defaults(
                profiles.environment(self._environment), Kind.KIND_OF_ENVIRONMENT, self._environment
            ),
        ]
        folder = Lookup([*self._variables, *defaults]).find(self._server["SECRETS_DIR"])
        told = self._cwd / str(folder.value) if folder and folder.value else None
        files = [Folder(told)] if told is not None and told.is_dir() else []
        if told is not None and folder is not None and folder.source.given and not files:
            self._faults.append(("SECRETS_DIR", f"{folder.value} is not a folder."))
        for each in files:
            self._named[str(each.path)] = each.names()
        nearer: list[Layer] = [*self._variables, self._where, *files]
        kept = self._managed([*nearer, *defaults])
        self._refuse_late([*files, *kept])
        return [*nearer, *kept, *defaults]

    def _refuse_late(self, layers: Sequence[Layer]) -> None:
        """Refuse what decides which layers there are where it comes too late to decide."""
        chosen = {"APP_ENV": self._environment, "APP_PROFILE": self._profile.name}
        for name, said in chosen.items():
            for each in layers:
                for spelled in self._server[name].names:
                    told = each.get(spelled)
                    if told is not None and told.text and told.text != said:
                        self._faults.append(
                            (name, f"is read before {told.source}: say it in the environment.")
                        )

    def _managed(self, layers: Sequence[Layer]) -> list[Layer]:
        """Return what a manager of secrets keeps, if there is one; without its answer nothing is known."""
        if not self._whole:
            return []
        lookup = Lookup(layers, self._profile.name, self._faults)
        known, strict = catalogue.known_names(self._entries), self._environment not in _FOR_TRYING
        try:
            place, warnings = managed.asked(lookup, known, self._cwd, strict=strict)
        except ManagerTrouble as trouble:
            self._faults.append(("SECRETS_PROVIDER", f"{trouble}."))
            raise SettingsRefused(sorted(set(self._faults)), tuple(self._warnings)) from None
        self._warnings += warnings
        self._kept_by = place.title if place else ""
        return [place] if place else []

    def _dotenv(self, name: str) -> Variables | None:
        path = self._cwd / name
        if not path.is_file():
            return None
        try:
            values, faults = dotenv.parse(content(path))
        except Unreadable as error:
            self._faults.append((name, f"{error}."))
            return None
        self._faults += [(name, f"{fault}.") for fault in faults]
        return Variables(values, self._cwd, Kind.DOTENV, name, since=written_at(path))

    def _say_missing(self, values: Mapping[str, Value]) -> None:
        wrong = {name for name, _ in self._faults}
        for name, entry in self._entries.items():
            if name not in values and not wrong & set(entry.names):
                self._faults.append((name, _missing(entry, self._kept_by)))

    def _built(self, values: Mapping[str, Value]) -> dict[type[Any], object]:
        """Build the sections whose settings are all there."""
        built: dict[type[Any], object] = {}
        fields: dict[type[Any], list[Entry]] = {kind: [] for kind in self._kinds}
        for each in self._entries.values():
            fields[each.section].append(each)
        for kind, own in fields.items():
            if all(each.name in values for each in own):
                built[kind] = kind(**{each.field: values[each.name].value for each in own})
        return built


def _assumption(environment: str) -> Source:
    label = "default" if environment == PRODUCTION else "assumed, because nobody says it"
    return Source(Kind.DEFAULT, label)


def _missing(entry: Entry, kept_by: str) -> str:
    if entry.derivable and kept_by:
        return (
            f"is missing, here and in {kept_by}: `watchword secrets generate` makes it"
            " (with --to at Vault or AWS, with --dir in a folder)."
        )
    if entry.derivable:
        return "is missing; make all secrets with `watchword secrets generate`."
    return f"is missing; {entry.doc}"
