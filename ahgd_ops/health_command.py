"""``manage.py health live|ready|all``: asks the processes that run here, for a Docker HEALTHCHECK or a person.

Loads no Django: it asks the web process over HTTP, and looks at the signs of life that worker and beat give. It ends
with 0 or 1, within a second.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from ahgd_ops.config import ProductionConfig
from ahgd_ops.processes import heartbeat
from caching.environment import WrongValue

ANSWER_SECONDS = 0.7
ROLES = ("web", "worker", "beat")
_PATHS = {"live": "/health/live", "ready": "/health/ready", "all": "/health"}
_LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  (what is bound, not to bind)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a process, and whether that is good."""

    role: str
    is_good: bool
    text: str


def main(arguments: Sequence[str]) -> int:
    """Prints a line for each process; gives the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        config = ProductionConfig.from_environment()
    except WrongValue as wrong:
        print(f"ahgd-ops: {wrong}", file=sys.stderr)  # noqa: T201  (what a command says)
        return 1
    answers = examine(asked.question, asked.role, config)
    for answer in answers:
        print(f"{answer.role}: {answer.text}", file=sys.stdout if answer.is_good else sys.stderr)
    return 0 if all(answer.is_good for answer in answers) else 1


def examine(question: str, role: str | None, config: ProductionConfig) -> list[Answer]:
    """Of one role; without one of the web process, and for ``all`` also of the others that were started here."""
    if role not in (None, "web"):
        return [_by_heartbeat(str(role), config)]
    answers = [_over_http(question, config)]
    if question == "all" and role is None:
        started = [one for one in ROLES[1:] if heartbeat.age_seconds(config.state_dir, one) is not None]
        answers += [_by_heartbeat(one, config) for one in started]
    return answers


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage.py health", description="Asks the console's processes on this host.")
    help_text = "live: it answers; ready: it should be sent requests; all: nothing is critical (default)"
    parser.add_argument("question", nargs="?", choices=tuple(_PATHS), default="all", help=help_text)
    parser.add_argument("--role", choices=ROLES, help="ask this process; worker and beat by their sign of life")
    return parser


def _by_heartbeat(role: str, config: ProductionConfig) -> Answer:
    age_seconds = heartbeat.age_seconds(config.state_dir, role)
    if age_seconds is None:
        return Answer(role, False, f"gave no sign of life in {config.state_dir} (AHGD_STATE_DIR)")
    is_alive = age_seconds <= heartbeat.LATEST_SECONDS
    return Answer(role, is_alive, f"{'alive' if is_alive else 'silent'}, last sign {age_seconds:.0f} s ago")


def _over_http(question: str, config: ProductionConfig) -> Answer:
    port = config.health_endpoint_port if config.health_endpoint_enabled else config.port
    host = _LOCAL.get(config.bind, config.bind)
    connection = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", _PATHS[question])
        response = connection.getresponse()
        body = json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        return Answer("web", False, f"no answer at {host}:{port} ({str(error) or type(error).__name__})")
    finally:
        connection.close()
    return Answer("web", response.status == 200, _told(question, body))


def _told(question: str, body: dict[str, Any]) -> str:
    if question == "ready":
        return "ready" if body.get("ready") else f"not ready: {', '.join(body.get('down', ()))}"
    said = "alive" if question == "live" else str(body.get("status"))
    return f"{said}, up for {body.get('uptime_seconds', 0):.0f} s"
