"""``manage.py metrics seal|retain|verify|export|import``."""

import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from monitoring.clock import database_now, from_ms, to_ms
from monitoring.keeping import copies, sealing, verifying
from monitoring.keeping.forgetting import delete_old_chunks
from monitoring.retention import delete_old_snapshots

_EVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a time: write 2026-03-01 or 2026-03-01T08:00 (UTC)") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


class Command(BaseCommand):
    help = "Packs, deletes, checks and copies the samples that are kept."
    told_at = 0.0

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("seal", help="pack what is older than AHGD_SEAL_AFTER_MINUTES, now")
        actions.add_parser("retain", help="delete what is past its retention, now")
        verify = actions.add_parser("verify", help="read every chunk and name those that are damaged")
        verify.add_argument("--delete", action="store_true", help="give up chunks that cannot be read")
        export = actions.add_parser("export", help="write a copy")
        export.add_argument("path", type=Path)
        export.add_argument("--metric", action="append", metavar="NAME", help="only this one; may be repeated")
        export.add_argument("--from", dest="start", type=_moment, default=_EVER[0], metavar="TIME")
        export.add_argument("--to", dest="end", type=_moment, default=_EVER[1], metavar="TIME")
        take = actions.add_parser("import", help="add what a copy has and this database has not")
        take.add_argument("path", type=Path)
        for copying in (export, take):
            copying.add_argument("--format", choices=copies.FORMATS, help="else by the name: .parquet or OpenMetrics")

    def handle(self, *args: Any, **options: Any) -> None:
        actions: dict[str, Callable[[Namespace], None]] = {
            "seal": self._seal,
            "retain": self._retain,
            "verify": self._verify,
            "export": self._export,
            "import": self._import,
        }
        actions[options["action"]](Namespace(**options))

    def _seal(self, options: Namespace) -> None:
        moved = 0
        for step in sealing.seal(database_now(), timedelta(0)):
            moved += step
            self._tell(f"{moved:,} samples sealed")
        self.stdout.write(f"{moved:,} samples sealed.")

    def _retain(self, options: Namespace) -> None:
        now, deleted = database_now(), 0
        keep = timedelta(hours=settings.CONFIG.metrics_retention_hours)
        while step := delete_old_snapshots(now, keep) + delete_old_chunks(now):
            deleted += step
            self._tell(f"{deleted:,} rows and chunks deleted")
        self.stdout.write(f"{deleted:,} rows and chunks deleted.")

    def _verify(self, options: Namespace) -> None:
        checked = damaged = given_up = 0
        for found in verifying.verify():
            checked += 1
            self._tell(f"{checked:,} chunks checked")
            if found is None:
                continue
            damaged += 1
            self.stdout.write(f"chunk {found.chunk_id}, {found.series}, {from_ms(found.start_ms)}: {found.what}")
            if options.delete and found.is_unreadable:
                verifying.delete(found)
                given_up += 1
        if damaged > given_up:
            hint = " Restore a backup or import a copy; --delete gives up those that cannot be read."
            raise CommandError(f"{damaged:,} of {checked:,} chunks are damaged, {given_up:,} were deleted.{hint}")
        self.stdout.write(f"{checked:,} chunks are sound." if not damaged else f"{given_up:,} chunks were deleted.")

    def _export(self, options: Namespace) -> None:
        form = copies.format_of(options.path, options.format)
        span = to_ms(options.start), to_ms(options.end)
        try:
            copied = copies.export(
                options.path, form, *span, lambda done, of: self._tell(f"{done:,} of {of:,} series"), options.metric
            )
        except copies.NotCopied as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{copied.samples:,} samples of {copied.series:,} series are in {options.path}.")

    def _import(self, options: Namespace) -> None:
        form = copies.format_of(options.path, options.format)
        try:
            new = copies.take_copy(
                options.path, form, lambda read, new: self._tell(f"{read:,} samples read, {new:,} of them new")
            )
        except copies.NotCopied as error:
            raise CommandError(f"{error} What was read until then is here; running this again goes on.") from error
        self.stdout.write(f"{new:,} samples are new.")

    def _tell(self, text: str) -> None:
        """At most once a second: a line in a log, the same line on a terminal."""
        if time.monotonic() - self.told_at >= 1:
            self.told_at = time.monotonic()
            self.stderr.write(text, ending="\r" if self.stderr.isatty() else "\n")
            self.stderr.flush()
