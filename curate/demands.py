"""What a rule's expression demands of the texts that it looks at, read from the expression itself.

polars writes an expression as JSON. From its tests on text columns follow words, some of which a text
must contain for the expression to be true (`curate.literals`). Nodes that are not known here demand
nothing, so that a new release of polars makes rules slower, not wrong.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from curate.derived_columns import PART_OF
from curate.known_literals import known_ways
from curate.literals import ways_of
from curate.pattern_parts import parts_of
from curate.wanted_words import Clause, Ways, best, either, frequency

Demands = dict[str, tuple[Clause, ...]]
"""For each column, clauses that all must be fulfilled."""
Alternatives = list[Demands]

_MOST_ALTERNATIVES = 48

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
# Those that begin where their text does, and those that end there.
_SAME_START, _SAME_END = ("Head", "Lowercase"), ("Tail", "Lowercase")
_TESTS = ("Contains", "CountMatches", "Extract")
# The column that holds another one in lower case.
_SAME_TEXT = {"text_lower": "text"}


def demands_of(test: pl.Expr, then: pl.Expr | None = None) -> list[Demands]:
    """What must be in the columns of a row for the expression, and `then`, to be true there.

    One of the alternatives must hold; none: nothing is demanded. `then` is an expression that may be
    computed for some rows without the others, whatever it is.
    """
    tree = tree_of(test)
    if not _row_by_row(tree):
        return []
    alternatives = _of(tree)
    if then is not None:
        alternatives = _both(alternatives, _of(tree_of(then)))
    return alternatives if all(alternatives) else []


def patterns_in(test: pl.Expr, *, parts: bool = True) -> set[tuple[str, bool, bool]]:
    """The regular expressions that an expression tests texts with, and maybe their parts, as far as they are known here.

    Each with whether it is matched against the text's own beginning, and its own end.
    """
    found: set[tuple[str, bool, bool]] = set()
    for node in nodes_of(tree_of(test)):
        function = node.get("function")
        name = function.get("StringExpr") if isinstance(function, dict) else None
        kind = name if isinstance(name, str) else next(iter(name), "") if name else ""
        if kind in _TESTS and isinstance(pattern := value_of(node["input"][1]), str):
            edges = text_of(node["input"][0])[2]
            several = (pattern, *parts_of(pattern)) if parts and kind == "Contains" else (pattern,)
            found |= {(part, edges["start"], edges["end"]) for part in several}
    return found


def nodes_of(tree: Any) -> Iterator[dict[str, Any]]:
    """The objects in an expression as polars writes it down; each may be changed when it is met."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            yield node


def tree_of(test: pl.Expr) -> Any:
    """The expression as polars writes it down; None where it cannot."""
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
    if not (all(ones) and all(others)):
        return ones if all(ones) else others
    if len(ones) * len(others) > _MOST_ALTERNATIVES:
        return min(ones, others, key=_how_often)
    return _joined([_merged(one, other) for one in ones for other in others])


def _one_of(ones: Alternatives, others: Alternatives) -> Alternatives:
    """What must be there where at least one holds."""
    found = _joined([*ones, *others])
    if len(found) <= _MOST_ALTERNATIVES and all(found):
        return found
    if not all(found):
        return [{}]
    # Too many: of each only what tells most.
    return _joined([_most_telling(one) for one in found])


def _most_telling(one: Demands) -> Demands:
    rated = ((frequency(clause), column, clause) for column in one for clause in one[column])
    _, column, clause = min(rated, key=lambda rating: rating[:2])
    return {column: (clause,)}


def _joined(ones: Alternatives) -> Alternatives:
    """The same, with all alternatives that are about words of one column made one."""
    words: dict[str, Ways] = {}
    rest: Alternatives = []
    for one in ones:
        column = next(iter(one), "")
        if len(one) == 1 and len(one[column]) == 1:
            words[column] = (*words.get(column, ()), one[column])
        else:
            rest.append(one)
    for column, several in words.items():
        together = either([several])
        rest += [{column: way} for way in together or several]
    return rest


def _how_often(ones: Alternatives) -> float:
    """How often one of them holds, roughly."""
    return sum(
        min(frequency(clause) for clauses in one.values() for clause in clauses) for one in ones
    )


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
        if value_of(content.get("falsy")) == "Null":
            return _both(_of(content["predicate"]), _of(content["truthy"]))
        return [{}]
    if kind == "Alias":
        return _of(content[0])
    if kind != "Function":
        return [{}]
    inputs, function = content["input"], content["function"]
    if function == "FillNull":
        return _of(inputs[0]) if value_of(inputs[1]) is False else [{}]
    if isinstance(function, dict) and isinstance(test := function.get("StringExpr"), (dict, str)):
        return _text_test(test, inputs)
    return [{}]


def _text_test(test: dict[str, Any] | str, inputs: list[Any]) -> Alternatives:
    name = test if isinstance(test, str) else next(iter(test))
    column, needed, edges = text_of(inputs[0])
    if column is None or len(inputs) < 2:
        return [{}]
    pattern = value_of(inputs[1])
    ways: Ways = ()
    if name == "Contains" and isinstance(pattern, str) and isinstance(test, dict):
        ways = ways_in(pattern, edges, literal=bool(test[name].get("literal")))
    elif name in ("StartsWith", "EndsWith") and isinstance(pattern, str):
        ways = ways_in(pattern, edges, literal=True)
    return _both(needed, _in_column(column, ways))


def ways_in(pattern: str, edges: Mapping[str, bool], *, literal: bool = False) -> Ways:
    """What a text must contain to match; `edges` as `text_of` says them."""
    if edges["lower"]:
        if literal and not pattern.isascii():
            return ()
        pattern = pattern if literal else "(?i)" + pattern
    start, end = edges["start"], edges["end"]
    known = None if literal else known_ways(pattern, start=start, end=end)
    return ways_of(pattern, literal=literal, start=start, end=end) if known is None else known


def _in_column(column: str, ways: Ways) -> Alternatives:
    return [{column: way} for way in ways] or [{}]


def _counted(left: Any, op: str, right: Any) -> Alternatives:
    """`count_matches(…) > 0` and the like."""
    least = value_of(right)
    if not isinstance(least, int) or (least < 1 and not (op == "Gt" and least == 0)):
        return [{}]
    try:
        function = left["Function"]
        counting = function["function"]["StringExpr"]["CountMatches"]
    except (KeyError, TypeError):
        return [{}]
    column, needed, edges = text_of(function["input"][0])
    pattern = value_of(function["input"][1])
    if column is None or not isinstance(pattern, str):
        return [{}]
    return _both(needed, _in_column(column, ways_in(pattern, edges, literal=counting is True)))


def text_of(node: Any) -> tuple[str | None, Alternatives, dict[str, bool]]:
    """The column that a text is a part of, and what holds wherever the text is not null.

    Last, whether the text begins and ends where the column's text does, and whether it is in lower case.
    """
    kind, content = next(iter(node.items()))
    if kind == "Column":
        if content in PART_OF:
            return PART_OF[content], [{}], {"start": False, "end": True, "lower": False}
        same = _SAME_TEXT.get(content, content)
        return same, [{}], {"start": True, "end": True, "lower": same != content}
    if kind == "Alias":
        return text_of(content[0])
    if kind == "Ternary" and value_of(content.get("falsy")) == "Null":
        column, needed, edges = text_of(content["truthy"])
        return column, _both(needed, _of(content["predicate"])), edges
    if kind == "Ternary":
        return _one_of_texts(content["truthy"], content["falsy"])
    if kind == "Function" and content["function"] == "Coalesce":
        return _one_of_texts(*content["input"])
    if kind == "Function" and isinstance(content["function"], dict):
        name = content["function"].get("StringExpr")
        name = name if isinstance(name, str) else next(iter(name), "") if name else ""
        if name in _PARTS:
            column, needed, edges = text_of(content["input"][0])
            start, end = edges["start"] and name in _SAME_START, edges["end"] and name in _SAME_END
            lower = edges["lower"] or name == "Lowercase"
            return column, needed, {"start": start, "end": end, "lower": lower}
        pattern = value_of(content["input"][1]) if name == "Extract" else None
        if isinstance(pattern, str):
            column, needed, edges = text_of(content["input"][0])
            if column is not None:
                needed = _both(needed, _in_column(column, ways_in(pattern, edges)))
            return column, needed, {"start": False, "end": False, "lower": edges["lower"]}
    return None, [{}], {"start": False, "end": False, "lower": False}


def _one_of_texts(*nodes: Any) -> tuple[str | None, Alternatives, dict[str, bool]]:
    """As `text_of`, of a text that is one of several parts of the same column."""
    columns, _, edges = zip(*map(text_of, nodes), strict=True)
    if len(set(columns)) > 1 or len({each["lower"] for each in edges}) > 1:
        return None, [{}], {"start": False, "end": False, "lower": False}
    return columns[0], [{}], {name: all(each[name] for each in edges) for name in edges[0]}


def value_of(node: Any) -> Any:
    """The value of a literal."""
    value = node.get("Literal") if isinstance(node, dict) else None
    while isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return value
