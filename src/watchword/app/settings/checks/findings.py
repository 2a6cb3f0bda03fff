"""What the checks found."""

from dataclasses import dataclass, field
from importlib.util import find_spec


@dataclass(slots=True)
class Findings:
    """Faults refuse the start; warnings are only said. `strict` is production and staging."""

    strict: bool
    faults: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def wrong(self, name: str, sentence: str) -> None:
        """Refuse, wherever this is."""
        self.faults.append((name, sentence))

    def unsafe(self, name: str, sentence: str) -> None:
        """Refuse in production; elsewhere only say it."""
        if self.strict:
            self.wrong(name, sentence)
        else:
            self.warn(name, sentence)

    def needs_extra(self, name: str, extra: str, module: str) -> None:
        """Refuse a setting whose extra is not installed."""
        if find_spec(module) is None:
            self.wrong(name, f"needs the extra {extra}: pip install 'watchword[{extra}]'.")

    def warn(self, name: str, sentence: str) -> None:
        """Say it."""
        self.warnings.append(f"{name}: {sentence}")
