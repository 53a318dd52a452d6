"""What to do about a starter rule: the pages of docs/runbooks, shown in the console."""

import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

_STEP = re.compile(r"\d+\. ")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, or a list of steps: all that our runbooks are made of."""

    kind: str
    lines: list[str]


@require_safe
def runbook(request: HttpRequest, name: str) -> HttpResponse:
    path = Path(settings.RUNBOOKS_DIR) / f"{name}.md"  # a slug names no other directory
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Http404(f"There is no runbook {name}.") from None
    title, *blocks = blocks_of(text)
    return render(request, "alerts/runbook.html", {"title": title.lines[0], "blocks": blocks, "rule": name})


def blocks_of(text: str) -> list[Block]:
    blocks = []
    for part in text.strip().split("\n\n"):
        lines = part.splitlines()
        if part.startswith("#"):
            blocks.append(Block("heading", [part.lstrip("# ")]))
        elif _STEP.match(part):
            blocks.append(Block("steps", [_STEP.sub("", line, count=1) for line in lines]))
        else:
            blocks.append(Block("text", [" ".join(lines)]))
    return blocks
