"""A query as it was written: sqlglot, which finds its order, would write some casts and names of columns otherwise."""

from typing import Any

from caching.queries.statements import parsed


def as_written(tree: Any, sql: str, dialect: str, *, is_plain: bool) -> Any:
    """``tree``, which is ``sql`` with or without its order, with the text of ``sql`` in it.

    What cannot be cut out of the text so that it means the same stays as sqlglot writes it.
    """
    places = _places(sql, dialect)
    whole = sql[: _first(places, "ORDER_BY" if tree.args.get("order") is None else "SEMICOLON", "SEMICOLON", sql)]
    if parsed(whole, dialect) != tree:
        return tree
    if not is_plain:
        return _selected_from(whole)
    if "SELECT" not in places or places["FROM"] < places["SELECT"]:  # DuckDB takes FROM first
        return tree
    return _filled(tree.copy(), whole, places)


def _places(sql: str, dialect: str) -> dict[str, tuple[int, int]]:
    """Where clauses of the outermost query begin and their words end; of several of one kind, the last."""
    from sqlglot import tokenize

    depth, before = 0, ""
    found: dict[str, tuple[int, int]] = {}
    for token in tokenize(sql, read=dialect):
        kind = token.token_type.name
        depth += {"L_PAREN": 1, "R_PAREN": -1}.get(kind, 0)
        if depth == 0 and kind in ("WITH", "SELECT", "FROM", "WHERE", "ORDER_BY", "SEMICOLON") and before != "DISTINCT":
            found[kind] = token.start, token.end + 1
        before = kind
    return found


def _first(places: dict[str, tuple[int, int]], one: str, other: str, sql: str) -> int:
    return min(places[kind][0] if kind in places else len(sql) for kind in (one, other))


def _filled(tree: Any, sql: str, places: dict[str, tuple[int, int]]) -> Any:
    """Each clause of one SELECT; each ends its line, as its last part may be a comment."""
    from sqlglot import exp

    ends = {kind: end for kind, (_, end) in places.items()}
    starts = {kind: start for kind, (start, _) in places.items()}
    where_starts = starts.get("WHERE", len(sql))
    tree.set("expressions", [_text(sql[ends["SELECT"] : starts["FROM"]])])
    tree.set("from_", exp.From(this=_text(sql[ends["FROM"] : where_starts])))
    tree.set("joins", [])
    if "WITH" in places:
        tree.set("with_", exp.With(expressions=[_text(sql[ends["WITH"] : starts["SELECT"]])]))
    if "WHERE" in places:
        tree.set("where", exp.Where(this=exp.Paren(this=_text(sql[ends["WHERE"] :]))))
    return tree


def _selected_from(sql: str) -> Any:
    from sqlglot import exp

    alias = exp.TableAlias(this=exp.to_identifier("written"))
    return exp.select("*").from_(exp.Subquery(this=_text(sql), alias=alias))


def _text(sql: str) -> Any:
    from sqlglot import exp

    return exp.Var(this=f"{sql.strip()}\n")
