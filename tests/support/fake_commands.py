"""Commands on PATH that only remember what was said to them, in which order; they answer and fail as told.

A test then knows what a script would have done to a cluster or a cloud.
"""

import os
import subprocess
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

_FAKE: Final = """\
#!/bin/sh
name=${{0##*/}}
said="$name $*"
printf '%s\\n' "$said" >>"{log}"
printf '%s\\037' "$name" "$@" >>"{words}"
printf '\\036' >>"{words}"
case $said in "kubectl kustomize "*) cat "$2/kustomization.yaml" >>"{rendered}" ;; esac
for word; do
	word=${{word#file://}}
	[ ! -f "$word" ] || cat "$word" >>"{rendered}"
done
while IFS='|' read -r pattern complaint; do
	# shellcheck disable=SC2254
	case $said in $pattern) printf '%s\n' "$complaint" >&2; exit 1 ;; esac
done <"{failing}"
while IFS='|' read -r pattern answer; do
	# shellcheck disable=SC2254
	case $said in $pattern) printf '%s' "$answer"; exit 0 ;; esac
done <"{answers}"
exit 0
"""


@dataclass(frozen=True, slots=True)
class Fakes:
    """A folder of commands, and what they heard."""

    folder: Path
    answers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, *names: str) -> "Fakes":
        """Make commands of these names."""
        (folder / "bin").mkdir(parents=True)
        for name in names:
            command = folder / "bin" / name
            places = {
                each: folder / each for each in ("log", "words", "rendered", "failing", "answers")
            }
            command.write_text(_FAKE.format(**places))
            command.chmod(0o755)
        return cls(folder)

    def run(
        self, script: Path, *arguments: str, failing: tuple[str, ...] = (), **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script with them; calls like those in `failing` fail, and say what is behind a `|`."""
        for name, lines in (
            ("log", []),
            ("words", []),
            ("rendered", []),
            ("failing", failing),
            ("answers", [f"{call}|{answer}" for call, answer in self.answers.items()]),
        ):
            (self.folder / name).write_text("".join(f"{line}\n" for line in lines))
        return subprocess.run(
            [script, *arguments],
            env={
                "PATH": f"{self.folder / 'bin'}:{os.defpath}",
                "LOCKS": str(self.folder),
                **environ,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        """Return what was said to them, in order."""
        return (self.folder / "log").read_text().splitlines()

    @property
    def words(self) -> list[list[str]]:
        """Return the same, word by word."""
        said = (self.folder / "words").read_text().split("\036")[:-1]
        return [each.split("\037")[:-1] for each in said]

    @property
    def rendered(self) -> str:
        """Return what the files held that they were pointed to, kustomizations among them."""
        return (self.folder / "rendered").read_text()

    def order(self, *patterns: str) -> list[int]:
        """Return the place of the first call like each of these; AssertionError: there was none."""
        found = []
        for pattern in patterns:
            places = [n for n, call in enumerate(self.calls) if fnmatchcase(call, pattern)]
            assert places, f"{pattern} was never said:\n" + "\n".join(self.calls)
            found.append(places[0])
        return found
