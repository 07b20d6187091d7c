"""What a rule's expression demands of the texts that it looks at, read from the expression itself.

polars writes an expression as JSON. From its tests on text columns follow words, some of which a text
must contain for the expression to be true (`curate.literals`). Nodes that are not known here demand
nothing, so that a new release of polars makes rules slower, not wrong.
"""

from __future__ import annotations

import json
import warnings
from typing import Any

import polars as pl

from curate.known_literals import known_clauses
from curate.literals import Clause, best, clauses_of, either

Demands = dict[str, tuple[Clause, ...]]
"""For each column, clauses that all must be fulfilled."""
Alternatives = list[Demands]

_MOST_ALTERNATIVES = 6

# Nodes and functions whose value in a row follows from that row alone. An expression with any other (a
# shift, a sum) must see all rows.
_NODES = ("Column", "Literal", "BinaryExpr", "Ternary", "Alias", "Cast", "Function")
_FUNCTIONS = ("FillNull", "Coalesce", "Abs", "Negate")
_FAMILIES = ("StringExpr", "Boolean", "ListExpr", "TemporalExpr", "ReplaceStrict")
_OF_ALL_ROWS = frozenset(
    {
        "ConcatVertical",
        "Any",
        "All",
        "IsFirstDistinct",
        "IsLastDistinct",
        "IsUnique",
        "IsDuplicated",
    }
    | {"HasNulls", "IsSorted"}
)
# Functions whose result is a part of their text.
_PARTS = ("Head", "Tail", "Slice", "StripChars", "StripCharsStart", "StripCharsEnd", "Lowercase")
_TESTS = ("Contains", "CountMatches", "Extract")
# The column that holds another one in lower case.
_SAME_TEXT = {"text_lower": "text"}


def demands_of(test: pl.Expr, then: pl.Expr | None = None) -> list[Demands]:
    """What must be in the columns of a row for the expression, and `then`, to be true there.

    One of the alternatives must hold; none: nothing is demanded. `then` is an expression that may be
    computed for some rows without the others, whatever it is.
    """
    tree = _tree(test)
    if not _row_by_row(tree):
        return []
    alternatives = _of(tree)
    if then is not None:
        alternatives = _both(alternatives, _of(_tree(then)))
    return alternatives if all(alternatives) else []


def patterns_in(test: pl.Expr) -> set[str]:
    """The regular expressions that an expression tests texts with, as far as they are known here."""
    found: set[str] = set()
    waiting = [_tree(test)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            function = node.get("function")
            name = function.get("StringExpr") if isinstance(function, dict) else None
            kind = name if isinstance(name, str) else next(iter(name), "") if name else ""
            if kind in _TESTS and isinstance(pattern := _value(node["input"][1]), str):
                found.add(pattern)
    return found


def _tree(test: pl.Expr) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return json.loads(test.meta.serialize(format="json"))
    except (pl.exceptions.PolarsError, ValueError, TypeError):
        return None


def _row_by_row(node: Any) -> bool:
    """Whether the expression can be computed for some rows without the others."""
    if isinstance(node, list):
        return all(map(_row_by_row, node))
    if not isinstance(node, dict) or len(node) != 1:
        return False
    kind, content = next(iter(node.items()))
    if kind not in _NODES:
        return False
    if kind in ("Column", "Literal"):
        return True
    if kind == "BinaryExpr":
        return _row_by_row([content["left"], content["right"]])
    if kind == "Ternary":
        return _row_by_row(list(content.values()))
    if kind == "Alias":
        return _row_by_row(content[0])
    if kind == "Cast":
        return _row_by_row(content["expr"])
    return _is_row_by_row(content["function"]) and _row_by_row(content["input"])


def _is_row_by_row(function: Any) -> bool:
    if isinstance(function, str):
        return function in _FUNCTIONS
    family, member = next(iter(function.items()))
    name = member if isinstance(member, str) else next(iter(member), "")
    return family in _FAMILIES and name not in _OF_ALL_ROWS


def _merged(one: Demands, other: Demands) -> Demands:
    columns = one | other
    return {column: best((*one.get(column, ()), *other.get(column, ()))) for column in columns}


def _both(ones: Alternatives, others: Alternatives) -> Alternatives:
    """What must be there where both hold."""
    if len(ones) * len(others) > _MOST_ALTERNATIVES:
        return ones if len(ones) > 1 else others
    return [_merged(one, other) for one in ones for other in others]


def _one_of(ones: Alternatives, others: Alternatives) -> Alternatives:
    """What must be there where at least one holds."""
    columns = set.intersection(*map(set, [*ones, *others]))
    joined = {column: either([one[column] for one in [*ones, *others]]) for column in columns}
    if columns and all(joined.values()):
        return [joined]
    found = [*ones, *others]
    return found if len(found) <= _MOST_ALTERNATIVES and all(found) else [{}]


def _of(node: Any) -> Alternatives:
    """The demands of a boolean expression."""
    if not isinstance(node, dict) or len(node) != 1:
        return [{}]
    kind, content = next(iter(node.items()))
    if kind == "BinaryExpr":
        left, op, right = content["left"], content["op"], content["right"]
        if op in ("And", "LogicalAnd"):
            return _both(_of(left), _of(right))
        if op in ("Or", "LogicalOr"):
            return _one_of(_of(left), _of(right))
        return _counted(left, op, right) if op in ("Gt", "GtEq") else [{}]
    if kind == "Ternary":
        # when(a).then(b), without otherwise: null where a is not true
        if _value(content.get("falsy")) == "Null":
            return _both(_of(content["predicate"]), _of(content["truthy"]))
        return [{}]
    if kind == "Alias":
        return _of(content[0])
    if kind != "Function":
        return [{}]
    inputs, function = content["input"], content["function"]
    if function == "FillNull":
        return _of(inputs[0]) if _value(inputs[1]) is False else [{}]
    if isinstance(function, dict) and isinstance(test := function.get("StringExpr"), (dict, str)):
        return _text_test(test, inputs)
    return [{}]


def _text_test(test: dict[str, Any] | str, inputs: list[Any]) -> Alternatives:
    name = test if isinstance(test, str) else next(iter(test))
    column, needed = _text(inputs[0])
    if column is None or len(inputs) < 2:
        return [{}]
    pattern = _value(inputs[1])
    clauses: tuple[Clause, ...] = ()
    if name == "Contains" and isinstance(pattern, str) and isinstance(test, dict):
        clauses = _clauses(pattern, literal=bool(test[name].get("literal")))
    elif name in ("StartsWith", "EndsWith") and isinstance(pattern, str):
        clauses = clauses_of(pattern, literal=True)
    return _both(needed, [{column: clauses} if clauses else {}])


def _clauses(pattern: str, *, literal: bool = False) -> tuple[Clause, ...]:
    known = None if literal else known_clauses(pattern)
    return clauses_of(pattern, literal=literal) if known is None else known


def _counted(left: Any, op: str, right: Any) -> Alternatives:
    """`count_matches(…) > 0` and the like."""
    least = _value(right)
    if not isinstance(least, int) or (least < 1 and not (op == "Gt" and least == 0)):
        return [{}]
    try:
        function = left["Function"]
        counting = function["function"]["StringExpr"]["CountMatches"]
    except (KeyError, TypeError):
        return [{}]
    column, needed = _text(function["input"][0])
    pattern = _value(function["input"][1])
    if column is None or not isinstance(pattern, str):
        return [{}]
    clauses = _clauses(pattern, literal=counting is True)
    return _both(needed, [{column: clauses} if clauses else {}])


def _text(node: Any) -> tuple[str | None, Alternatives]:
    """The column that a text is a part of, and what holds wherever the text is not null."""
    kind, content = next(iter(node.items()))
    if kind == "Column":
        return _SAME_TEXT.get(content, content), [{}]
    if kind == "Alias":
        return _text(content[0])
    if kind == "Ternary" and _value(content.get("falsy")) == "Null":
        column, needed = _text(content["truthy"])
        return column, _both(needed, _of(content["predicate"]))
    if kind == "Function" and isinstance(content["function"], dict):
        name = content["function"].get("StringExpr")
        name = name if isinstance(name, str) else next(iter(name), "") if name else ""
        if name in _PARTS:
            return _text(content["input"][0])
        pattern = _value(content["input"][1]) if name == "Extract" else None
        if isinstance(pattern, str):
            column, needed = _text(content["input"][0])
            clauses = _clauses(pattern)
            return column, _both(needed, [{column: clauses} if column and clauses else {}])
    return None, [{}]


def _value(node: Any) -> Any:
    """The value of a literal."""
    value = node.get("Literal") if isinstance(node, dict) else None
    while isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return value
