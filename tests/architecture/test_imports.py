"""The one import arrow: ahgd_ops -> alerts -> monitoring -> caching, and only through the doors."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import PROJECT_DIR

ROOT = PROJECT_DIR

# app: what it may import of each other app; True is anything.
ALLOWED: dict[str, dict[str, tuple[str, ...] | bool]] = {
    "caching": {},
    "monitoring": {
        "caching": ("caching", "caching.doors", "caching.signals", "caching.stats", "caching.environment"),
    },
    "alerts": {
        "monitoring": (
            "monitoring",
            "monitoring.tracking",
            "monitoring.series",
            "monitoring.health",
            "monitoring.health.feed",
            "monitoring.catalogue",
            "monitoring.deadline",
        ),
        "caching": ("caching", "caching.doors", "caching.signals", "caching.stats"),
    },
    "ahgd_ops": {"alerts": True, "monitoring": True, "caching": True},
}


def imports_of(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports; ``from monitoring import series`` counts as the door.

    A relative import keeps its dots.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield f"{'.' * node.level}{node.module or ''}"
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = [
                name
                for name in (f"{node.module}.{alias.name}" for alias in node.names)
                if (ROOT / name.replace(".", "/")).is_dir() or (ROOT / f"{name.replace('.', '/')}.py").is_file()
            ]
            yield from submodules if len(submodules) == len(node.names) else [node.module, *submodules]


def wrong_imports(app: str) -> Iterator[str]:
    for path in sorted((ROOT / app).rglob("*.py")):
        for module in imports_of(path):
            other = module.split(".")[0]
            if not other:
                yield f"{path.relative_to(ROOT)} imports {module}, which does not say from where"
            if other not in ALLOWED or other == app:
                continue
            doors = ALLOWED[app].get(other, ())
            if doors is not True and module not in (doors or ()):
                yield f"{path.relative_to(ROOT)} imports {module}"


@pytest.mark.parametrize("app", ALLOWED)
def test_an_app_imports_only_downhill_and_through_doors(app: str) -> None:
    assert list(wrong_imports(app)) == []


def test_the_rule_notices_an_import_past_a_door(tmp_path: Path) -> None:
    file = tmp_path / "sneaky.py"
    file.write_text("from monitoring.storage import Storage\nfrom monitoring import series\nimport ahgd_ops.config\n")
    assert list(imports_of(file)) == ["monitoring.storage", "monitoring.series", "ahgd_ops.config"]


def test_the_rule_notices_a_relative_import(tmp_path: Path) -> None:
    file = tmp_path / "sneaky.py"
    file.write_text("from . import tree\nfrom ..rule import Rule\n")
    assert list(imports_of(file)) == [".", "..rule"]
