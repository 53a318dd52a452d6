"""Where the demo keeps what it makes, and how it reaches the console."""

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

PROJECT_DIR = Path(__file__).resolve().parent.parent.parent
EXAMPLE_DIR = PROJECT_DIR / "examples" / "health_dashboard"
_PATIENCE_SECONDS = 30.0
_KEPT = frozenset({"AHGD_HEALTH_PORT", "AHGD_BIND", "AHGD_ALLOWED_HOSTS", "AHGD_PUBLIC_URL"})
"""Of the console's variables: a database, queue, mail server or channel that people use is none of the demo's."""


class ConsoleRefused(Exception):
    """The console said no, or nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """``state_dir`` is the console's. The token is in a file that only its owner reads."""

    state_dir: Path
    console_url: str
    dashboard_url: str

    @classmethod
    def from_environment(cls) -> Self:
        state_dir = Path(os.environ.get("AHGD_STATE_DIR") or PROJECT_DIR / "var" / "demo").resolve()
        console_port = os.environ.get("AHGD_PORT", "8503")
        dashboard_port = os.environ.get("AHGD_DEMO_PORT", "8501")
        return cls(state_dir, f"http://localhost:{console_port}", f"http://localhost:{dashboard_port}")

    @property
    def data_dir(self) -> Path:
        return self.state_dir / "health-data"

    @property
    def token_file(self) -> Path:
        return self.state_dir / "demo-token"

    @property
    def history_file(self) -> Path:
        """When the history ends, in ms since the epoch, and a word once all of it is there."""
        return self.state_dir / "demo-history"

    @property
    def is_there(self) -> bool:
        return self.token_file.exists()

    @property
    def environment(self) -> dict[str, str]:
        """Of the console: it checks the data and the dashboard, and judges soon."""
        return _of_anybody(_KEPT) | {
            "AHGD_STATE_DIR": str(self.state_dir),
            "AHGD_PORT": self.console_url.rpartition(":")[2],
            "AHGD_DATA_DIRS": str(self.data_dir),
            "AHGD_APPLICATION_URL": self.dashboard_url,
            "AHGD_EVALUATE_SECONDS": "5",
            "PYTHONPATH": str(PROJECT_DIR),
        }

    @property
    def dashboard_environment(self) -> dict[str, str]:
        """Of the dashboard: it pushes, as one on another host would."""
        return _of_anybody() | {
            "AHGD_PUSH_URL": self.console_url,
            "AHGD_PUSH_TOKEN_FILE": str(self.token_file),
            "AHGD_CACHE_DIR": str(self.state_dir / "dashboard-cache"),
            "HEALTH_DATA_DIR": str(self.data_dir),
            "PYTHONPATH": str(PROJECT_DIR),
        }

    def ask(self, path: str, body: object = None) -> Any:
        """What the console answers to a GET, or to a POST where there is a body. Raises ConsoleRefused."""
        if not self.is_there:
            raise ConsoleRefused(f"There is no demo in {self.state_dir}: start it with scripts/demo.")
        headers = {"Authorization": f"Bearer {self.token_file.read_text().strip()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.console_url}{path}", data, headers)  # noqa: S310  (our own console)
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310  (as above)
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ConsoleRefused(f"{error.code}: {error.read(500).decode('utf-8', 'replace')}") from error
        except OSError as error:
            raise ConsoleRefused(f"{self.console_url} does not answer: is the demo running? ({error})") from error


def _of_anybody(kept: frozenset[str] = frozenset()) -> dict[str, str]:
    """The variables of this process that say nothing about a console or a recorder, and those that are ``kept``."""
    ours = ("AHGD_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    return {name: text for name, text in os.environ.items() if name in kept or not name.startswith(ours)}
