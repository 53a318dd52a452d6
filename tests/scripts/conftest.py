"""A checkout in small: the real scripts, two requirements files, and programs that say what a test lets them say."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.checkout import PROJECT_DIR

SHELL = shutil.which("dash") or "/bin/sh"
STANDARD_PROGRAMS = ("awk", "cat", "df", "dirname", "grep", "id", "mkdir", "mktemp", "rm", "rmdir", "tail", "tr")
PREPARE = 'set -eu; . scripts/setup.sh; prepare_environment {}; exec "$PYTHON" -c "print(\'started\')"'


@dataclass(frozen=True)
class Checkout:
    """PATH holds nothing but ``programs``: what a test does not put there does not exist."""

    directory: Path
    programs: Path

    @property
    def venv(self) -> Path:
        return self.directory / ".venv"

    def write_program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!{SHELL}\n{script}\n")
        path.chmod(0o755)

    def shell(self, script: str) -> list[str]:
        return [SHELL, "-c", script]

    def environment(self, **variables: str) -> dict[str, str]:
        return {"PATH": str(self.programs), "HOME": str(self.directory), **variables}

    def run(self, script: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.shell(script), cwd=self.directory, env=self.environment(**variables),
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def prepare(self, requirements: str = "requirements.txt", **variables: str) -> "subprocess.CompletedProcess[str]":
        return self.run(PREPARE.format(requirements), **variables)

    def installations(self) -> int:
        """How often ``uv`` was called."""
        calls = self.directory / "uv-calls"
        return len(calls.read_text().splitlines()) if calls.exists() else 0


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """With a Python that fits and a ``uv`` that counts its calls and installs nothing."""
    made = Checkout(tmp_path / "checkout", tmp_path / "bin")
    shutil.copytree(PROJECT_DIR / "scripts", made.directory / "scripts")
    (made.directory / "requirements.txt").write_text("django==5\n")
    (made.directory / "requirements-dev.txt").write_text("-r requirements.txt\npytest==9\n")
    made.programs.mkdir()
    for name in STANDARD_PROGRAMS:
        (made.programs / name).symlink_to(str(shutil.which(name)))
    base = os.path.realpath(Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}"))
    made.write_program("python3", f'exec "{base}" "$@"')
    made.write_program("uv", 'echo "$*" >> uv-calls')
    return made
