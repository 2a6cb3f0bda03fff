"""A machine to try `./run` on: a fake Python and a PATH we choose, in a folder with a space.

The fake makes environments and installs as far as the script can tell, and keeps a diary of
what it was asked; FAKE_* variables say what the machine cannot do.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAIN_TOOLS = (
    *("awk", "cat", "chmod", "cksum", "cp", "date", "dirname", "env", "grep", "id", "mkdir"),
    *("mv", "readlink", "rm", "sed", "sh", "sleep", "tail"),
)

FAKE_PYTHON = """#!/bin/sh
echo "python $*" >>"$DIARY"
environment=$(dirname -- "$0")
case "$*" in
*version_info*) [ -z "${FAKE_OLD:-}" ] ;;
*python_version*) echo "${FAKE_VERSION:-3.11.7}" ;;
"-c import pip") [ -e "$environment/pip" ] ;;
"-m pip --version") [ -n "${FAKE_SYSTEM_PIP:-}" ] ;;
"-m venv --without-pip "*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
"-m venv "*)
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
    if [ -n "${FAKE_NO_ENSUREPIP:-}" ]; then echo "ensurepip is not available" && exit 1; fi
    : >"$3/bin/pip" ;;
*"install --no-compile --help") ;;
"-m pytest"*) exit "${FAKE_PYTEST_CODE:-0}" ;;
*install*)
    sleep "${FAKE_SLOWNESS:-0}"
    if [ -n "${FAKE_PIP_SAYS:-}" ]; then echo "$FAKE_PIP_SAYS" && exit 1; fi
    case "$*" in
    *"-e .") cp "$WATCHWORD" "$PWD/.venv/bin/watchword" ;;
    esac ;;
esac
"""

FAKE_UV = """#!/bin/sh
echo "uv $*" >>"$DIARY"
[ -z "${FAKE_UV_FAILS:-}" ] || exit 1
case "$1" in
venv) mkdir -p "$4/bin" && cp "$3" "$4/bin/python" ;;
pip) case "$*" in *"-e .") cp "$WATCHWORD" "$PWD/.venv/bin/watchword" ;; esac ;;
esac
"""

FAKE_WATCHWORD = """#!/bin/sh
echo "watchword $* since ${WATCHWORD_STARTED_AT:-nothing} in $PWD as $$"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A folder with the script in it, and a PATH with nothing but what we put there."""

    project: Path
    bin: Path
    diary: Path
    elsewhere: Path

    def put(self, name: str, script: str) -> Path:
        """Put a command on PATH."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(script)
        path.chmod(0o755)
        return path

    def environment(self, **facts: str) -> dict[str, str]:
        """Return the whole environment of a command here; nothing of ours leaks in."""
        return {
            "PATH": str(self.bin),
            "HOME": "/nonexistent",
            "DIARY": str(self.diary),
            "WATCHWORD": str(self.elsewhere / "watchword"),
            **facts,
        }

    def run(self, *words: str, **facts: str) -> subprocess.CompletedProcess[str]:
        """Run the script from another folder."""
        return subprocess.run(
            [self.project / "run", *words],
            cwd=self.elsewhere,
            env=self.environment(**facts),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def asked(self, word: str) -> list[str]:
        """Return the lines of the diary with a word in them."""
        lines = self.diary.read_text().splitlines() if self.diary.exists() else []
        return [line for line in lines if word in line]

    @property
    def is_stamped(self) -> bool:
        """Whether an installation came to its end."""
        return (self.project / ".venv/watchword-stamp").exists()


def bare(folder: Path) -> Machine:
    """Return a machine with the script and plain tools, without any Python."""
    machine = Machine(
        project=folder / "a folder with spaces",
        bin=folder / "bin",
        diary=folder / "diary",
        elsewhere=folder / "elsewhere",
    )
    for made in (machine.project / "requirements", machine.bin, machine.elsewhere):
        made.mkdir(parents=True)
    shutil.copy(ROOT / "run", machine.project / "run")
    for kind in ("run", "test"):
        (machine.project / f"requirements/{kind}.txt").write_text("something==1\n")
    (machine.project / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.x]\na = 1\n')
    (machine.elsewhere / "watchword").write_text(FAKE_WATCHWORD)
    (machine.elsewhere / "watchword").chmod(0o755)
    for name in PLAIN_TOOLS:
        (machine.bin / name).symlink_to(shutil.which(name) or name)
    return machine
