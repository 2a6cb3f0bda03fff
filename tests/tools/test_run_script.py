"""`./run` on machines of every kind: a fake Python and a PATH we choose, in a folder with a space.

The fake makes environments and installs as far as the script can tell, and keeps a diary of
what it was asked; FAKE_* variables say what the machine cannot do.
"""

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

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


@pytest.fixture
def bare_machine(tmp_path: Path) -> Machine:
    machine = Machine(
        project=tmp_path / "a folder with spaces",
        bin=tmp_path / "bin",
        diary=tmp_path / "diary",
        elsewhere=tmp_path / "elsewhere",
    )
    for folder in (machine.project / "requirements", machine.bin, machine.elsewhere):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / "run", machine.project / "run")
    for kind in ("run", "test"):
        (machine.project / f"requirements/{kind}.txt").write_text("something==1\n")
    (machine.project / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.x]\na = 1\n')
    (machine.elsewhere / "watchword").write_text(FAKE_WATCHWORD)
    (machine.elsewhere / "watchword").chmod(0o755)
    for name in PLAIN_TOOLS:
        (machine.bin / name).symlink_to(shutil.which(name) or name)
    return machine


@pytest.fixture
def machine(bare_machine: Machine) -> Machine:
    bare_machine.put("python3.11", FAKE_PYTHON)
    return bare_machine


def is_stamped(machine: Machine) -> bool:
    return (machine.project / ".venv/watchword-stamp").exists()


@pytest.mark.parametrize("word", ["help", "-h", "--help"])
def test_help_lists_every_verb_and_needs_no_python(bare_machine: Machine, word: str) -> None:
    answer = bare_machine.run(word)

    assert answer.returncode == 0
    for verb in ("test", "check", "bench", "trace", "docs", "lock", "help"):
        assert f"./run {verb}" in answer.stdout


def test_an_unknown_verb_is_a_usage_error(machine: Machine) -> None:
    answer = machine.run("frobnicate")

    assert (answer.returncode, answer.stdout) == (2, "")
    assert "Unknown verb: frobnicate" in answer.stderr


def test_the_start_hands_over_to_the_service(machine: Machine) -> None:
    answer = machine.run("start", "--port", "9000")

    first, second, service = answer.stdout.splitlines()
    assert answer.returncode == 0
    assert first.startswith("[1/4] Python 3.11.7 found ")
    assert second.startswith("[2/4] Environment .venv ready ")
    assert first.endswith(" s")
    assert len(first) == len(second) == 64
    words = service.split()
    assert words[:6] == ["watchword", "serve", "--dev", "--port", "9000", "since"]
    assert abs(float(words[6]) - time.time()) < 60
    assert f"in {machine.project} as" in service


def test_options_without_a_verb_are_the_services(machine: Machine) -> None:
    answer = machine.run("--reload")

    service = answer.stdout.splitlines()[-1]
    assert answer.returncode == 0
    assert service.split()[:4] == ["watchword", "serve", "--dev", "--reload"]


@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_to_the_script_starts_the_service_from_anywhere(
    machine: Machine, *, absolute: bool
) -> None:
    script = machine.project / "run"
    near = machine.project.parent / "watchword-run"
    near.symlink_to(script if absolute else script.relative_to(near.parent))
    far = machine.bin / "start-watchword"
    far.symlink_to(Path("..") / near.name)
    answer = subprocess.run(
        ["sh", "-c", "start-watchword start"],
        cwd=machine.elsewhere,
        env=machine.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    assert f" in {machine.project} as " in answer.stdout


def test_a_search_path_of_cd_leads_nowhere_else(machine: Machine) -> None:
    decoy = machine.elsewhere / machine.project.name
    decoy.mkdir()
    answer = subprocess.run(
        ["sh", f"{machine.project.name}/run", "start"],
        cwd=machine.project.parent,
        env=machine.environment(CDPATH=str(machine.elsewhere)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    assert f" in {machine.project} as " in answer.stdout


def test_the_service_takes_the_place_of_the_shell(machine: Machine) -> None:
    with subprocess.Popen(
        [machine.project / "run"],
        env=machine.environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        said, _ = started.communicate(timeout=60)

    assert said.rstrip().endswith(f"as {started.pid}")


def test_the_second_start_installs_nothing(machine: Machine) -> None:
    machine.run()
    installed = machine.asked("--no-deps")

    began = time.monotonic()
    answer = machine.run()

    assert answer.returncode == 0
    assert len(installed) == 2
    assert machine.asked("--no-deps") == installed
    assert time.monotonic() - began < 3


def test_the_lock_is_installed_by_hash_and_the_package_without_a_network(machine: Machine) -> None:
    machine.run()

    lock, package = machine.asked("--no-deps")
    assert "--require-hashes --no-deps --only-binary :all: -r requirements/run.txt" in lock
    assert "--no-index --no-deps --no-build-isolation -e ." in package


def test_a_new_lock_is_installed(machine: Machine) -> None:
    machine.run()
    (machine.project / "requirements/run.txt").write_text("something==2\n")
    machine.run()

    assert len(machine.asked("--no-deps")) == 4
    assert len(machine.asked("-m venv")) == 1


def test_a_changed_tool_setting_installs_nothing(machine: Machine) -> None:
    machine.run()
    (machine.project / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.x]\na = 2\n')
    machine.run()

    assert len(machine.asked("--no-deps")) == 2


def test_a_test_environment_serves_the_service_too(machine: Machine) -> None:
    machine.run("test")
    machine.run()

    assert len(machine.asked("--no-deps")) == 2


def test_a_moved_folder_gets_a_new_environment(machine: Machine) -> None:
    machine.run()
    moved = Machine(
        project=machine.project.rename(machine.project.with_name("moved")),
        bin=machine.bin,
        diary=machine.diary,
        elsewhere=machine.elsewhere,
    )

    assert moved.run().returncode == 0
    assert len(machine.asked("-m venv")) == 2


def test_another_python_gets_a_new_environment(machine: Machine) -> None:
    machine.run()
    machine.run(FAKE_VERSION="3.11.8")

    assert len(machine.asked("-m venv")) == 2


def test_an_interrupted_installation_heals_on_the_next_start(machine: Machine) -> None:
    machine.run(FAKE_PIP_SAYS="Killed")
    (machine.project / ".venv/half-made").touch()
    assert not is_stamped(machine)

    assert machine.run().returncode == 0
    assert is_stamped(machine)
    assert not (machine.project / ".venv/half-made").exists()


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        ("OSError: [Errno 28] No space left on device", 75, "The disk is full"),
        ("NewConnectionError: Failed to establish a new connection", 69, "cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", 69, "not the one the lock names"),
        ("ERROR: something unheard of", 69, ".cache/install.log"),
    ],
)
def test_a_failed_installation_says_what_to_do(
    machine: Machine, said: str, code: int, told: str
) -> None:
    answer = machine.run(FAKE_PIP_SAYS=said)

    assert answer.returncode == code
    assert told in answer.stderr
    assert not is_stamped(machine)
    assert not (machine.project / ".cache/install.lock").exists()


def test_without_python_the_command_that_mends_it_is_named(bare_machine: Machine) -> None:
    answer = bare_machine.run()

    assert answer.returncode == 69
    assert "No Python 3.11 or newer found" in answer.stderr
    assert "apt-get install python3-venv" in answer.stderr


def test_an_old_python_does_not_count(machine: Machine) -> None:
    assert machine.run(FAKE_OLD="yes").returncode == 69


def test_a_chosen_python_that_is_too_old_is_refused(bare_machine: Machine) -> None:
    python = bare_machine.put("snake", FAKE_PYTHON)

    assert bare_machine.run(PYTHON=str(python)).returncode == 0
    answer = bare_machine.run(PYTHON=str(python), FAKE_OLD="yes", FAKE_VERSION="3.9.0")
    assert answer.returncode == 69
    assert f"PYTHON={python}" in answer.stderr


def test_a_python_without_ensurepip_borrows_the_system_pip(machine: Machine) -> None:
    answer = machine.run(FAKE_NO_ENSUREPIP="yes", FAKE_SYSTEM_PIP="yes")

    assert answer.returncode == 0
    assert machine.asked(f"-m pip --python {machine.project}/.venv/bin/python install")


def test_a_python_without_any_pip_names_the_command_that_mends_it(machine: Machine) -> None:
    machine.put("id", "#!/bin/sh\necho 1000\n")
    answer = machine.run(FAKE_NO_ENSUREPIP="yes")

    assert answer.returncode == 69
    assert "apt-get install python3-venv" in answer.stderr
    assert not (machine.project / ".venv").exists()


def test_root_on_a_bare_debian_installs_what_is_missing(machine: Machine) -> None:
    machine.put("id", "#!/bin/sh\necho 0\n")
    machine.put("apt-get", '#!/bin/sh\necho "apt-get $*" >>"$DIARY"\n')
    machine.run(FAKE_NO_ENSUREPIP="yes")

    assert "install -y --no-install-recommends python3-venv" in machine.asked("apt-get")[0]


def test_uv_is_used_where_it_is_at_hand(machine: Machine) -> None:
    machine.put("uv", FAKE_UV)

    assert machine.run().returncode == 0
    assert len(machine.asked("uv pip install")) == 2
    assert not machine.asked("-m pip")


def test_pip_takes_over_where_uv_fails(machine: Machine) -> None:
    machine.put("uv", FAKE_UV)

    assert machine.run(FAKE_UV_FAILS="yes").returncode == 0
    assert len(machine.asked("-m pip install --no-compile --")) == 2


def test_of_two_starts_at_once_one_installs(machine: Machine) -> None:
    both = [
        subprocess.Popen(
            [machine.project / "run"],
            env=machine.environment(FAKE_SLOWNESS="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [start.communicate(timeout=60) for start in both]

    assert [start.returncode for start in both] == [0, 0], said
    assert len(machine.asked("-r requirements/run.txt")) == 1
    assert sum("Another ./run" in talk for _, talk in said) == 1


def test_a_lock_whose_owner_is_gone_does_not_stop_anybody(machine: Machine) -> None:
    gone = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True)
    lock = machine.project / ".cache/install.lock"
    lock.mkdir(parents=True)
    (lock / "pid").write_text(gone.stdout)

    assert machine.run().returncode == 0


def test_tests_run_side_by_side_unless_told_otherwise(machine: Machine) -> None:
    machine.run("test", "tests/kernel", "-k", "two words")
    machine.run("test", "-n0")

    first, second = machine.asked("-m pytest")
    assert first == "python -m pytest -n 2 tests/kernel -k two words"
    assert second == "python -m pytest -n0"


def test_the_code_of_pytest_is_the_code_of_the_script(machine: Machine) -> None:
    assert machine.run("test", FAKE_PYTEST_CODE="5").returncode == 5


def test_what_must_hold_before_a_change_is_taken_is_what_a_person_runs() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()

    assert [line for line in lines if line.startswith("./run")] == ["./run check", "./run test"]


def test_no_lock_names_a_place_on_a_network_or_this_machine() -> None:
    for lock in (ROOT / "requirements").iterdir():
        for line in lock.read_text().splitlines():
            assert "==" in line or line.lstrip().startswith("--hash=sha256:"), line
            assert not line.startswith("-")
            assert "://" not in line
