"""Letters: whose words they are written in."""

from pathlib import Path

from watchword.kernel.parts import section, setting


def _path(text: str) -> Path | None:
    return Path(text) if text else None


@section
class LetterSettings:
    """Letters."""

    folder: Path | None = setting(
        "LETTERS_DIR",
        "A folder with your own words for letters; `watchword email check-letters` looks through it.",
        parse=_path,
        default="",
    )
