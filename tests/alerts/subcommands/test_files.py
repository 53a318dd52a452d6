"""``manage.py rules export|import|lint|test|restore|schema``, as people type them."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from alerts.models import Rule
from alerts.rulefiles.document import schema

pytestmark = pytest.mark.django_db
FILE = """
version: 1
rules:
- name: busy
  condition: name == 'cpu_usage_percent' and value > 80
  for: 1m
  channels: [log]
  cases:
  - name: a short peak
    expect: must not fire
    series:
    - series: cpu_usage_percent
      values: 50 95x3 50
"""


def rules(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rules", *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path, log_channel: object) -> Path:
    (tmp_path / "rules.yaml").write_text(FILE)
    return tmp_path / "rules.yaml"


def test_a_dry_run_shows_what_would_change_and_writes_nothing(file: Path) -> None:
    said = rules("import", str(file), "--dry-run")
    assert "new busy" in said and "+for: 1m" in said and "Would be imported: 1 new" in said
    assert not Rule.objects.exists()


def test_an_import_makes_changes_and_leaves_alone(file: Path, make_rule: Callable[..., Rule]) -> None:
    make_rule("other")
    assert "Imported: 1 new, 0 changed, 0 unchanged." in rules("import", str(file))
    assert "Imported: 0 new, 0 changed, 1 unchanged." in rules("import", str(file))
    file.write_text(FILE.replace("value > 80", "value > 90"))
    said = rules("import", str(file))
    assert "-condition: name == 'cpu_usage_percent' and value > 80" in said
    assert "+condition: name == 'cpu_usage_percent' and value > 90" in said
    rule = Rule.objects.get(name="busy")
    assert (rule.version, rule.seeded_from[:5], Rule.objects.count()) == (2, "file ", 2)


def test_an_export_is_imported_as_unchanged(file: Path) -> None:
    rules("import", str(file))
    rules("export", "busy", "--output", str(file))
    assert "0 new, 0 changed, 1 unchanged" in rules("import", str(file))


def test_a_long_import_tells_how_far_it_is(tmp_path: Path) -> None:
    many = "".join(f"- {{name: r{number}, condition: value > {number}}}\n" for number in range(60))
    (tmp_path / "many.yaml").write_text(f"rules:\n{many}")
    said = rules("import", str(tmp_path / "many.yaml"))
    assert "50 of 60 rules stored" in said and "60 of 60 rules stored" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("value > 80", "valu > 80", "valu"),
        ("channels: [log]", "channels: [pager]", "no channel 'pager'"),
        ("channels: [log]", "depends_on: [nobody]", "no rule 'nobody'"),
        ("channels: [log]", "depends_on: [busy]", "depends on itself"),
        ("values: 50 95x3 50", "values: 50 95y3", "'95y3' is no value"),
        ("for: 1m", "for: 60", "rules.yaml:6: rules\\[0\\].for: write a span"),
        ("for: 1m", "fur: 1m", "rules.yaml:6: rules\\[0\\].fur: there is no such field"),
        ("for: 1m", "for: 1m\n  for: 2m", "'for' is there twice"),
        ("- name: busy", "- &a\n  name: busy", "anchors and aliases"),
        ("- name: busy", "- ? [a]\n    : 1\n    name: busy", "a list or a map is no name"),
        ("version: 1", "version: [", "rules.yaml"),
    ],
)
def test_a_file_with_a_mistake_changes_nothing_and_says_where(file: Path, old: str, new: str, says: str) -> None:
    file.write_text(FILE.replace(old, new))
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("rules", "import", str(file), stdout=out, stderr=out)
    assert re.search(says, out.getvalue() + str(refused.value))
    assert not Rule.objects.exists()


def test_a_case_that_fails_is_a_warning_on_import_and_an_error_in_test(file: Path) -> None:
    file.write_text(FILE.replace("for: 1m", "for: 0s"))
    assert "case 'a short peak' fails: it fires at 15s" in rules("import", str(file))
    for arguments in ((), (str(file),), ("--rule", "busy")):
        with pytest.raises(CommandError, match="1 of 1 cases failed"):
            rules("test", *arguments)
    rules("import", str(file))
    Rule.objects.filter(name="busy").update(for_seconds=60)
    assert "1 cases hold." in rules("test")


def test_lint_warns_and_with_strict_refuses(file: Path) -> None:
    file.write_text(FILE.replace("  channels: [log]\n", ""))
    assert "rules.yaml:4: warning: busy: tells nobody" in rules("lint", str(file))
    with pytest.raises(CommandError, match="1 to put right"):
        rules("lint", str(file), "--strict")
    rules("import", str(file))
    assert "1 rules, 1 warnings." in rules("lint")


def test_restore_lists_versions_and_goes_back_to_one(file: Path) -> None:
    rules("import", str(file))
    file.write_text(FILE.replace("value > 80", "value > 90"))
    rules("import", str(file))
    numbers = [line.split()[0] for line in rules("restore", "busy").splitlines()]
    assert "+condition" in rules("restore", "busy", "--to", numbers[-1], "--dry-run")
    assert "value > 90" in Rule.objects.get(name="busy").condition
    rules("restore", "busy", "--to", numbers[-1])
    assert "value > 80" in Rule.objects.get(name="busy").condition
    with pytest.raises(CommandError, match="no version 999999"):
        rules("restore", "busy", "--to", "999999")
    with pytest.raises(CommandError, match="never was"):
        rules("restore", "nobody")


def test_prometheus_rules_come_in_and_go_out(tmp_path: Path) -> None:
    path = tmp_path / "prometheus.yml"
    path.write_text("groups: [{name: a, rules: [{alert: Down, expr: up == 0}, {alert: Odd, expr: a / b > 1}]}]")
    said = rules("import", "--prometheus", str(path))
    assert "Odd does not map: computes with more than one series" in said and "1 of 2 rules map." in said
    assert Rule.objects.get().condition == "name == 'up' and value == 0"
    said = rules("export", "--prometheus")
    assert "expr: up == 0" in said and "1 of 1 rules map." in said


def test_unknown_names_and_files_are_refused_with_what_to_do() -> None:
    for arguments in (("export", "nobody"), ("test", "--rule", "nobody"), ("import", "/no/such/file")):
        with pytest.raises(CommandError, match=r"no rule nobody|cannot be read"):
            rules(*arguments)


@pytest.mark.parametrize("path", ["docs/reference/rules.schema.json", "static/schemas/rules.schema.json"])
def test_the_published_schema_is_that_of_the_code(path: str) -> None:
    published = json.loads((Path(__file__).parents[3] / path).read_text())
    assert published == schema() == json.loads(rules("schema"))
