"""``manage.py cache stats|invalidate|clear|warm``."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from caching import TierStats, get_cache_manager, warming
from caching.names import matching

_BATCH = 1000
_TRY_AGAIN = "old values may return with it. Run this again when `manage.py cache stats` says that every tier works."
_HEADINGS = ("tier", "state", "entries", "size", "limit")


class Command(BaseCommand):
    help = "Looks at the cache, empties it or fills it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("stats", help="what each tier holds")
        invalidate = actions.add_parser("invalidate", help="by tags, patterns of keys or a version")
        invalidate.add_argument("--tag", action="append", default=[], metavar="TAG")
        invalidate.add_argument("--pattern", action="append", default=[], metavar="GLOB", help="such as 'sa2:*'")
        invalidate.add_argument("--key-version", type=int, metavar="NUMBER")
        clear = actions.add_parser("clear", help="everything, in every tier")
        clear.add_argument("--noinput", "--no-input", action="store_true", help="do not ask")
        actions.add_parser("warm", help="run the warm-up hooks")

    def handle(self, *args: Any, **options: Any) -> None:
        if not get_cache_manager().config.enabled:
            raise CommandError("The cache is switched off: set AHGD_CACHING=true.")
        actions: dict[str, Callable[[Namespace], None]] = {
            "stats": self._stats,
            "invalidate": self._invalidate,
            "clear": self._clear,
            "warm": self._warm,
        }
        actions[options["action"]](Namespace(**options))

    def _stats(self, options: Namespace) -> None:
        """Of the stores that processes share; hits and latencies of the processes are on the console's page."""
        shared = [tier for tier in get_cache_manager().get_stats() if tier.tier not in ("memory", "session")]
        rows = [_HEADINGS, *(_row(tier) for tier in shared)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        self.stdout.write("Memory is each process' own: see /ops/cache/.")

    def _invalidate(self, options: Namespace) -> None:
        if not (options.tag or options.pattern or options.key_version is not None):
            raise CommandError("Say what: --tag TAG, --pattern GLOB or --key-version NUMBER.")
        manager = get_cache_manager()
        untold = [tag for tag in options.tag if not manager.invalidate_tag(tag)]
        for tag in options.tag:
            self.stdout.write(f"tag {tag}: {'not told to every tier' if tag in untold else 'invalid from now on'}")
        for pattern in options.pattern:
            self._delete(f"pattern {pattern}", matching(pattern, manager.keys()))
        if options.key_version is not None:
            count = manager.invalidate_version(options.key_version)
            self.stdout.write(f"version {options.key_version}: {count} deleted")
        if untold:
            raise CommandError(f"Not every tier could be told of {', '.join(untold)}: {_TRY_AGAIN}")
        self._require_all_tiers()

    def _clear(self, options: Namespace) -> None:
        keys = get_cache_manager().keys()
        if not options.noinput and input(f"Delete all {len(keys)} entries? [y/N] ").casefold() not in ("y", "yes"):
            raise CommandError("Nothing was deleted.")
        self._delete("all", keys)
        get_cache_manager().clear()
        self._require_all_tiers()

    def _delete(self, what: str, keys: list[str]) -> None:
        """In batches, saying how far it is."""
        manager, deleted = get_cache_manager(), 0
        for at in range(0, len(keys), _BATCH):
            deleted += manager.delete_many(keys[at : at + _BATCH])
            self.stderr.write(f"\r{what}: {min(at + _BATCH, len(keys))} of {len(keys)}", ending="")
        if len(keys) > 0:
            self.stderr.write("")
        self.stdout.write(f"{what}: {deleted} deleted")

    def _require_all_tiers(self) -> None:
        """A command ends, and cannot tell a tier later as a running process does."""
        away = get_cache_manager().left_out()
        if away:
            raise CommandError(f"Still to be told: {', '.join(away)}, which does not work now: {_TRY_AGAIN}")

    def _warm(self, options: Namespace) -> None:
        for module in getattr(settings, "CACHE_WARMERS", ()):
            import_module(module)
        total = len(warming.names())
        if total == 0:
            self.stdout.write("There are no warm-up hooks: see docs/how-to/cache-a-function.md.")
        failed = 0
        for number, one in enumerate(warming.warm(), start=1):
            failed += one.error is not None
            outcome = f"failed: {type(one.error).__name__}: {one.error}" if one.error else f"{one.seconds:.2f} s"
            self.stdout.write(f"{number} of {total}  {one.name}  {outcome}")
        if failed:
            raise CommandError(f"{failed} of {total} warm-up hooks failed.")


def _row(tier: TierStats) -> tuple[str, ...]:
    limit = filesizeformat(tier.limit_bytes).replace("\xa0", " ") if tier.limit_bytes else "none"
    size = filesizeformat(tier.size_bytes).replace("\xa0", " ")
    return tier.tier, tier.reason or "working", str(tier.entries), size, limit
