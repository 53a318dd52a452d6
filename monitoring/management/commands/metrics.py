"""``manage.py metrics seal|retain|verify|export|import``."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from monitoring.clock import database_now, from_ms, to_ms
from monitoring.keeping import copies, sealing, verifying
from monitoring.keeping.forgetting import delete_old_chunks, delete_unnamed_times
from monitoring.keeping.mending import mend
from monitoring.management.progress import Progress

_EVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a time: write 2026-03-01 or 2026-03-01T08:00 (UTC)") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


class Command(BaseCommand):
    help = "Packs, deletes, checks and copies the samples that are kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("seal", help="pack what is older than AHGD_SEAL_AFTER_MINUTES, now")
        actions.add_parser("retain", help="delete what is past its retention, now")
        verify = actions.add_parser("verify", help="read every chunk and name those that are damaged")
        verify.add_argument("--delete", action="store_true", help="give up chunks that cannot be read; make hours anew")
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
        moved, progress = 0, Progress(self.stderr)
        for step in sealing.seal(database_now(), timedelta(0)):
            moved += step
            progress.tell(f"{moved:,} samples sealed")
        self.stdout.write(f"{moved:,} samples sealed.")

    def _retain(self, options: Namespace) -> None:
        now, deleted, progress = database_now(), 0, Progress(self.stderr)
        while step := delete_old_chunks(now):
            deleted += step
            progress.tell(f"{deleted:,} chunks deleted")
        delete_unnamed_times()
        self.stdout.write(f"{deleted:,} chunks deleted.")

    def _verify(self, options: Namespace) -> None:
        progress = Progress(self.stderr)
        checked = damaged = mended = 0
        for found in verifying.verify():
            checked += 1
            progress.tell(f"{checked:,} chunks checked")
            if found is None:
                continue
            damaged += 1
            self.stdout.write(f"chunk {found.chunk_id}, {found.series}, {from_ms(found.start_ms)}: {found.what}")
            if options.delete and found.can_be_mended:
                mend(found)
                mended += 1
        if damaged > mended:
            hint = " Restore a backup; --delete gives up those that cannot be read and makes hours of their samples."
            raise CommandError(f"{damaged:,} of {checked:,} chunks are damaged, {mended:,} were mended.{hint}")
        self.stdout.write(f"{checked:,} chunks are sound." if not damaged else f"{mended:,} chunks were mended.")

    def _export(self, options: Namespace) -> None:
        form, progress = copies.format_of(options.path, options.format), Progress(self.stderr)
        span = to_ms(options.start), to_ms(options.end)
        try:
            copied = copies.export(
                options.path, form, *span, lambda done, of: progress.tell(f"{done:,} of {of:,} series"), options.metric
            )
        except copies.NotCopied as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{copied.samples:,} samples of {copied.series:,} series are in {options.path}.")

    def _import(self, options: Namespace) -> None:
        form, progress = copies.format_of(options.path, options.format), Progress(self.stderr)
        try:
            new = copies.take_copy(
                options.path, form, lambda read, new: progress.tell(f"{read:,} samples read, {new:,} of them new")
            )
        except copies.NotCopied as error:
            raise CommandError(f"{error} What was read until then is here; running this again goes on.") from error
        self.stdout.write(f"{new:,} samples are new.")
