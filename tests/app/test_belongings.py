"""What a serving process has with it: it lives long, and what only others need stays out of its memory."""

import re
from pathlib import Path

from tests.support.running import ports, started, wait_until_ready
from tests.support.world import environment

COMMAND_LINE = {
    "typer",
    "rich",
    "pydantic",
    "watchword.app.cli",
    "watchword.plumbing.commands.options",
}
OF_COMMANDS = {"alembic", "watchword.migrations.running", "watchword.operations.doctor.service"}
NOT_CHOSEN = {"sqlite3", "redis", "httpx2", "boto3", "watchword.adapters.sms.twilio"}
WHEN_MET = {"babel", "phonenumbers"}


def test_a_service_leaves_out_the_command_line_what_commands_need_and_what_nobody_chose(
    postgres_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    environ = {**environment(postgres_url), **chosen, "PYTHONPROFILEIMPORTTIME": "1"}
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{chosen['PORT']}")
        service.stop()
        imported = set(re.findall(r"^import time:.*\| +([\w.]+)$", service.said, re.MULTILINE))
    assert "watchword.app.serve" in imported
    assert imported & (COMMAND_LINE | OF_COMMANDS | NOT_CHOSEN | WHEN_MET) == set()
