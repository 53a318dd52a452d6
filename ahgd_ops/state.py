"""The state directory of the embedded default: database, broker, logs and keys, readable by its owner only."""

import os
import secrets
from pathlib import Path

from caching.environment import WrongValue


def prepare_state_dir(directory: Path) -> None:
    """Makes the directories that the embedded default writes to. Raises WrongValue when it may not."""
    try:
        for name in ("", "broker/messages", "broker/control", "logs", "static"):
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
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
