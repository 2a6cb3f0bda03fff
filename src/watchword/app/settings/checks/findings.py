"""What the checks found."""

from dataclasses import dataclass, field


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

    def warn(self, name: str, sentence: str) -> None:
        """Say it."""
        self.warnings.append(f"{name}: {sentence}")
