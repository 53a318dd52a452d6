"""Templates of annotations as templates of messages, as far as they only name the value and labels."""

import re

from alerts.wording import TemplateRefused, check_template

_FIELD = re.compile(r"\{\{-?\s*(?P<what>[^{}|]*?)\s*(?:\|\s*(?P<pipe>[^{}]*?)\s*)?-?\}\}")
_LABEL = re.compile(r"\$labels\.(\w+)|\.Labels\.(\w+)")
_PRINTF = re.compile(r'printf\s+"%(\.\d+f)(?:%%)?"')
_LONGEST = 1000


def message_of(text: str) -> str:
    """Empty, for the message that every rule has, where the template does more than ours can."""
    plain = " ".join(text.split())
    try:
        message = _converted(plain)
        check_template(message)
    except (TemplateRefused, ValueError):
        return ""
    return message if len(message) <= _LONGEST else ""


def _converted(text: str) -> str:
    pieces, at = [], 0
    for found in _FIELD.finditer(text):
        pieces += [_escaped(text[at : found.start()]), _field(found["what"], found["pipe"] or "")]
        at = found.end()
    return "".join([*pieces, _escaped(text[at:])])


def _field(what: str, pipe: str) -> str:
    if label := _LABEL.fullmatch(what):
        return f"{{tags[{label[1] or label[2]}]}}"
    if what not in ("$value", ".Value"):
        raise ValueError(what)
    if number := _PRINTF.fullmatch(pipe):
        return f"{{value:{number[1]}}}"
    return "{value:.0%}" if pipe == "humanizePercentage" else "{value:.4g}" if pipe else "{value}"


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
