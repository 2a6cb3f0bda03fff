"""Letters: whose words they are written in."""

from pathlib import Path

from watchword.kernel.parts import section, setting
from watchword.plumbing.settings.parsers import file_path


@section
class LetterSettings:
    """Letters."""

    folder: Path | None = setting(
        "LETTERS_DIR",
        "A folder with your own words for letters; `watchword email check-letters` looks through it.",
        parse=file_path,
        default="",
    )
