"""Collects the static files into the state directory, only when they have changed."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect_when_changed() -> bool:
    """Whether they had to be collected."""
    stamp = Path(settings.STATE_DIR) / "static.stamp"
    print_of_files = _fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == print_of_files:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(print_of_files, encoding="ascii")
    return True


def _fingerprint() -> str:
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path} {found.st_mtime_ns} {found.st_size}\n".encode())
    return digest.hexdigest()
