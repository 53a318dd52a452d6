"""What a condition is about: which names, categories and tags a subject must have for it to be true.

Always a superset: a selector never excludes a subject on which the condition could be true, so a rule need only be run
on what its selector matches.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alerts.conditions.facts import Subject
from alerts.conditions.tree import Call, Choice, Comparison, Entry, Fact, IsMissing, ListOf, Literal, Logic, Node, Not
from alerts.conditions.vocabulary import HEALTH_CHECK, ValueType

_EVERY_SUBJECT: Final = frozenset(Subject)


@dataclass(frozen=True)
class Texts:
    """A set of texts: those listed and those that begin in one of the ways listed."""

    exact: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()

    def __contains__(self, text: str | None) -> bool:
        return text is not None and (text in self.exact or text.startswith(tuple(self.prefixes)))

    def both(self, other: "Texts") -> "Texts":
        exact = {text for text in self.exact | other.exact if text in self and text in other}
        longer = {a for a in self.prefixes if a.startswith(tuple(other.prefixes))}
        longer |= {b for b in other.prefixes if b.startswith(tuple(self.prefixes))}
        return Texts(frozenset(exact), frozenset(longer))

    def either(self, other: "Texts") -> "Texts":
        return Texts(self.exact | other.exact, self.prefixes | other.prefixes)


Tags = tuple[tuple[str, Texts], ...]  # in the order of their names


@dataclass(frozen=True)
class Selector:
    """What restricts a condition; None, or a tag not listed, is no restriction.

    ``subjects`` is empty when the condition can never be true.
    """

    subjects: frozenset[Subject] = _EVERY_SUBJECT
    name: Texts | None = None
    category: Texts | None = None
    tags: Tags = ()

    @property
    def names(self) -> frozenset[str] | None:
        """All the names it can match, where they can be listed; None where others can match too."""
        return None if self.name is None or self.name.prefixes else self.name.exact

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Beginnings of names it can match, besides the exact ones in ``name``."""
        return () if self.name is None else tuple(sorted(self.name.prefixes))

    def matches_name(self, name: str) -> bool:
        return self.name is None or name in self.name

    def matches(
        self, name: str, category: str | None = None, tags: Mapping[str, str] | None = None, is_health: bool = False
    ) -> bool:
        """Whether the condition could be true on such a subject."""
        return (
            (Subject.HEALTH if is_health else Subject.METRIC) in self.subjects
            and self.matches_name(name)
            and (self.category is None or category in self.category)
            and all((tags or {}).get(tag) in texts for tag, texts in self.tags)
        )

    def both(self, other: "Selector") -> "Selector":
        """What two parts joined by ``and`` leave over."""
        return Selector(
            self.subjects & other.subjects,
            _both(self.name, other.name),
            _both(self.category, other.category),
            _both_tags(self.tags, other.tags),
        )

    def either(self, other: "Selector") -> "Selector":
        """What two parts joined by ``or`` leave over."""
        if not self.subjects or not other.subjects:
            return self if self.subjects else other
        mine, others = dict(self.tags), dict(other.tags)
        return Selector(
            self.subjects | other.subjects,
            _either(self.name, other.name),
            _either(self.category, other.category),
            tuple((tag, mine[tag].either(others[tag])) for tag in sorted(mine) if tag in others),
        )


def _both(mine: Texts | None, other: Texts | None) -> Texts | None:
    if mine is None or other is None:
        return other if mine is None else mine
    return mine.both(other)


def _both_tags(mine: Tags, other: Tags) -> Tags:
    if not mine or not other:
        return mine or other
    ours, others = dict(mine), dict(other)
    tags = {tag: _both(ours.get(tag), others.get(tag)) for tag in sorted({*ours, *others})}
    return tuple((tag, texts) for tag, texts in tags.items() if texts is not None)


def _either(mine: Texts | None, other: Texts | None) -> Texts | None:
    return None if mine is None or other is None else mine.either(other)


_NEVER: Final = Selector(frozenset())


def selector_of(node: Node, truth: bool = True) -> Selector:
    """Where the node can be true, or with ``truth`` False where it can be false (what a ``not`` above it asks)."""
    match node:
        case Not():
            return selector_of(node.operand, not truth)
        case Logic():
            return _of_logic(node, truth)
        case Choice():
            return _of_choice(node, truth)
        case Comparison():
            return _of_comparison(node, truth)
        case Call(operator="startswith") if truth:
            return _where(*node.arguments, beginning=True)
        case Fact(name=name) if name == HEALTH_CHECK:
            return Selector(frozenset({Subject.HEALTH if truth else Subject.METRIC}))
        case IsMissing() if not truth:
            return _where_present(node.operand)
        case Literal():
            return Selector() if node.value is truth else _NEVER
    return Selector(_known_on(node))


def _of_logic(node: Logic, truth: bool) -> Selector:
    parts = [selector_of(operand, truth) for operand in node.operands]
    joined = parts[0]
    for part in parts[1:]:
        # De Morgan: a conjunction is false where any of its parts is.
        joined = joined.both(part) if (node.joint == "and") is truth else joined.either(part)
    return joined


def _of_choice(node: Choice, truth: bool) -> Selector:
    then = selector_of(node.test).both(selector_of(node.then, truth))
    otherwise = selector_of(node.test, truth=False).both(selector_of(node.otherwise, truth))
    return then.either(otherwise)


def _of_comparison(node: Comparison, truth: bool) -> Selector:
    pairs = list(zip(node.operands, node.symbols, node.operands[1:], strict=False))
    joined = _of_pair(*pairs[0], truth)
    for pair in pairs[1:]:
        part = _of_pair(*pair, truth)
        joined = joined.both(part) if truth else joined.either(part)
    return joined


def _of_pair(left: Node, symbol: str, right: Node, truth: bool) -> Selector:
    equals = "==" if truth else "!="
    if symbol == equals:
        return _where(left, right).both(_where(right, left))
    if symbol == ("in" if truth else "not in") and isinstance(right, ListOf):
        return _where(left, right)
    return Selector(_known_on(left) & _known_on(right))


def _where(subject: Node, texts: Node, *, beginning: bool = False) -> Selector:
    """Where ``subject`` is one of ``texts``, or begins with one."""
    known = Selector(_known_on(subject) & _known_on(texts))
    values: tuple[object, ...] = ()
    if isinstance(texts, ListOf):
        values = texts.values
    elif isinstance(texts, Literal):
        values = (texts.value,)
    else:
        return known
    written = frozenset(value for value in values if isinstance(value, str))
    return known.both(_restricting(subject, Texts(prefixes=written) if beginning else Texts(exact=written)))


def _where_present(node: Node) -> Selector:
    known = Selector(_known_on(node))
    return known.both(_restricting(node, Texts(prefixes=frozenset({""}))))


def _restricting(subject: Node, texts: Texts) -> Selector:
    match subject:
        case Fact(name="name"):
            return Selector(name=texts)
        case Fact(name="category"):
            return Selector(category=texts)
        case Entry(key=key, default=None) if subject.of.type is ValueType.TAGS:
            return Selector(tags=((key, texts),))
    return Selector()


def _known_on(node: Node) -> frozenset[Subject]:
    """The subjects on which the node can be known: none of the facts it cannot do without is missing there."""
    match node:
        case Fact():
            return node.subjects
        case Call() | Not():
            return _EVERY_SUBJECT.intersection(*(_known_on(child) for child in node.children()))
        case Comparison():
            # One false pair makes a chain false, whatever is missing from the others.
            pairs = zip(node.operands, node.operands[1:], strict=False)
            return frozenset().union(*(_known_on(left) & _known_on(right) for left, right in pairs))
        case Choice():
            return _known_on(node.test) & (_known_on(node.then) | _known_on(node.otherwise))
        case Entry(default=None):
            return _known_on(node.of)
    return _EVERY_SUBJECT
