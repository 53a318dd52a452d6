"""What is vendored is what was published, and what is ours stays small."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from ahgd_ops.navigation import PLACES
from ahgd_ops.views import CHARTS
from monitoring.views.tiles import TILES

STATIC = Path(__file__).resolve().parents[2] / "static"
HASHES = {
    "lucide-1.62.0/LICENSE": "b495047bd93a9b06913511076f504daba17d5bbeb3e0650f3bb53a4220329c57",
    "lucide-1.62.0/sprite.svg": "c614a28f9b41f25e587739bc62c4882f406987d8d0d57d2b31f603ed942ec40f",
    "uplot-1.6.32/LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
    "uplot-1.6.32/uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uplot-1.6.32/uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
}
LARGEST_OWN_SCRIPTS_BYTES = 40 * 1024


@pytest.mark.parametrize(("path", "digest"), HASHES.items())
def test_a_vendored_file_is_unchanged(path: str, digest: str) -> None:
    assert hashlib.sha256((STATIC / "vendor" / path).read_bytes()).hexdigest() == digest


def test_every_vendored_file_is_known() -> None:
    vendor = STATIC / "vendor"
    found = {str(path.relative_to(vendor)) for path in vendor.rglob("*") if path.is_file() and path.name != "README.md"}
    assert found == set(HASHES)


def test_our_own_scripts_together_stay_under_40_kilobytes_compressed() -> None:
    scripts = sorted((STATIC / "console").glob("*.js"))
    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) < LARGEST_OWN_SCRIPTS_BYTES


def test_no_file_of_ours_is_fetched_from_elsewhere() -> None:
    ours = [path for path in (STATIC / "console").iterdir() if path.suffix in (".js", ".css")]
    assert [path.name for path in ours if "//cdn" in path.read_text() or "https://" in path.read_text()] == []


def test_every_icon_that_is_asked_for_is_there() -> None:
    sprite = (STATIC / "vendor/lucide-1.62.0/sprite.svg").read_text()
    templates = (path.read_text() for path in (STATIC.parent / "templates").rglob("*.html"))
    asked = {name for text in templates for name in re.findall(r'{% icon "([\w-]+)"', text)}
    asked |= {place.icon for place in PLACES} | {tile.icon for tile in TILES} | {icon for _, _, icon in CHARTS}
    assert [name for name in sorted(asked) if f'id="{name}"' not in sprite] == []
