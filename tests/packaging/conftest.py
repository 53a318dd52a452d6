"""The wheel, built from the checkout, and environments that have it and nothing of the checkout."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import uv

from tests.checkout import PROJECT_DIR


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the wheel in it, and a directory to work in where no source lies around."""

    directory: Path

    def run(self, *command: str, **variables: str) -> str:
        """Runs a program of the environment and returns what it printed. Raises AssertionError when it fails."""
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        done = subprocess.run(
            [self.directory / "bin" / command[0], *command[1:]],
            cwd=self.directory, env=keep | variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def python(self, code: str) -> str:
        return self.run("python", "-W", "error", "-c", code)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built with the hatchling that is installed, so without asking an index."""
    output = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", output], cwd=PROJECT_DIR, check=True
    )
    (built,) = output.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def install(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Environment]:
    """Makes an environment with the wheel and an extra (or ""), and what more files ask for, everything as pinned."""

    def make(extra: str, *files: Path) -> Environment:
        directory = tmp_path_factory.mktemp("environment")
        _uv("venv", "--python", sys.executable, str(directory), "--allow-existing")
        wanted = f"ahgd-ops{extra} @ {wheel.as_uri()}"
        pins = str(PROJECT_DIR / "requirements.txt")
        more = [argument for file in files for argument in ("--requirements", str(file))]
        _uv("pip", "install", "--python", str(directory / "bin" / "python"), "--constraints", pins, wanted, *more)
        return Environment(directory)

    return make


@pytest.fixture(scope="session")
def dashboard(install: Callable[..., Environment]) -> Environment:
    """What the example's users have: the plain wheel beside Streamlit."""
    return install("", PROJECT_DIR / "examples" / "health_dashboard" / "requirements.txt")


def _uv(*arguments: str) -> None:
    done = subprocess.run([uv.find_uv_bin(), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
