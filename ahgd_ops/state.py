"""The state directory of the embedded default: database, broker, logs and keys, readable by its owner only."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from caching.environment import WrongValue


def prepare_state_dir(directory: Path) -> None:
    """Makes the directories that the embedded default writes to. Raises WrongValue when it may not."""
    try:
        for name in ("", "broker/messages", "broker/control", "logs", "prometheus", "static"):
            (directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WrongValue(
            f"AHGD_STATE_DIR={str(directory)!r}: must be a directory this user may write to ({error.strerror})"
        ) from error


def secret_key(directory: Path) -> str:
    """The key kept in the state directory, made at the first call; two processes at once agree on one."""
    path = directory / "secret_key"
    try:
        if not path.exists():
            _publish(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise WrongValue(f"AHGD_SECRET_KEY is unset and {path} cannot be used ({error.strerror}); set it") from error


def _publish(path: Path, text: str) -> None:
    """Writes a whole mode-0600 file under its name, unless another process was first."""
    descriptor, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
