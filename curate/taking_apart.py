"""Conditions as parts that can be computed one after the other (`curate.narrowing`), read from the expression itself.

What cannot be told apart stays together, so that a new release of polars makes rules slower, not wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import polars as pl

from curate.demands import text_of, tree_of, value_of
from curate.derived_columns import PART_OF
from curate.narrowing import All, Either, Part, Rows, Seen, Wordings, Words
from curate.screening import TEXTS

# What functions on texts cost, in steps, where it is not what regular expressions do.
_COSTS = {
    "LenBytes": 0,
    "LenChars": 1,
    "StartsWith": 1,
    "EndsWith": 1,
    "Head": 1,
    "Tail": 1,
    "Slice": 1,
}
_STRIPPED, _LITERAL, _REGEX, _REFUTED, _REPLACED, _PYTHON = 2, 2, 4, 5, 6, 9
_TAKEN_APART = ("BinaryExpr", "Ternary", "Function", "Alias")
_TEXTS = frozenset({*TEXTS, "text_lower", *PART_OF})
_AND, _OR = ("And", "LogicalAnd"), ("Or", "LogicalOr")


class Narrowing:
    """What finds the rows where all of some expressions are true; each must follow from its row alone."""

    def __init__(self, *tests: pl.Expr) -> None:
        found: dict[str, Part] = {}
        for test in tests:
            # What the first of them lets through is read once more for the next, which is less to read.
            self._words: dict[str, Words] = {}
            self._all_of(test, tree_of(test) if _order_is_known() else None, True, found)
        whole = tests[0]
        for test in tests[1:]:
            whole = whole & test
        self._part = _together(whole, True, found)
        self._part.prepare()

    def where(self, frame: pl.DataFrame, rows: Rows) -> Rows:
        """Those of the rows, ascending, where they are. Raises PolarsError."""
        return self._part.where(Seen(frame), rows)

    def _all_of(self, test: pl.Expr, node: Any, wanted: bool, found: dict[str, Part]) -> None:
        """Adds the parts that must all hold for the expression to be true, or to be false; each once."""
        kind, content = _named(node)
        function = content["function"] if kind == "Function" else None
        inner = test.meta.pop() if kind in _TAKEN_APART else []
        if kind == "Alias":
            self._all_of(inner[0], content[0], wanted, found)
        elif kind == "BinaryExpr" and content["op"] in (_AND if wanted else _OR):
            self._all_of(inner[1], content["left"], wanted, found)
            self._all_of(inner[0], content["right"], wanted, found)
        elif kind == "BinaryExpr" and content["op"] in (_OR if wanted else _AND):
            sides = self._sides(test, node, content["op"], wanted)
            found[f"{wanted} {node}"] = Either(test, wanted, sides, str(node))
        elif kind == "Ternary" and value_of(content["falsy"]) == "Null":
            self._all_of(inner[0], content["predicate"], True, found)
            self._all_of(inner[2], content["truthy"], wanted, found)
        elif function == "FillNull" and value_of(content["input"][1]) is (not wanted):
            self._all_of(inner[1], content["input"][0], wanted, found)
        elif function == {"Boolean": "Not"}:
            self._all_of(inner[0], content["input"][0], not wanted, found)
        elif _is_regex(function) and isinstance(value_of(content["input"][1]), str):
            self._tested(inner[1], content["input"], wanted, found)
        else:
            found[f"{wanted} {node}"] = Part(test, wanted, _cost(node), str(node))

    def _sides(self, test: pl.Expr, node: Any, op: str, wanted: bool) -> Iterator[Part]:
        """The parts of a chain of the same operator, from the left."""
        content = node.get("BinaryExpr") if isinstance(node, dict) else None
        if content is None or content["op"] != op:
            found: dict[str, Part] = {}
            self._all_of(test, node, wanted, found)
            yield _together(test, wanted, found)
            return
        right, left = test.meta.pop()
        yield from self._sides(left, content["left"], op, wanted)
        yield from self._sides(right, content["right"], op, wanted)

    def _tested(
        self, text: pl.Expr, inputs: list[Any], wanted: bool, found: dict[str, Part]
    ) -> None:
        """Adds what makes a text match, or not match, a regular expression."""
        node, pattern = inputs[0], value_of(inputs[1])
        while "Ternary" in node and value_of(node["Ternary"]["falsy"]) == "Null":
            predicate, _, text = text.meta.pop()
            self._all_of(predicate, node["Ternary"]["predicate"], True, found)
            node = node["Ternary"]["truthy"]
        key, cost = f"{pattern!r} in {node}", _REGEX if wanted else _REFUTED
        column, needed, edges = text_of(node)
        roots = set(text.meta.root_names())
        part: Part
        if column is None or needed != [{}] or roots.isdisjoint(_TEXTS) or len(roots) > 1:
            part = Part(text.str.contains(pattern), wanted, cost, key)
        else:
            (name,) = roots
            words = self._words.setdefault(name, Words(name))
            part = Wordings(text, pattern, wanted, cost, key, words)
            part.edges = edges
        found[f"{wanted} {key}"] = part


def _named(node: Any) -> tuple[str, Any]:
    """What kind of expression a node is, and what it consists of."""
    return next(iter(node.items())) if isinstance(node, dict) else ("", None)


@cache
def _order_is_known() -> bool:
    """Whether polars takes expressions apart in the order that is expected here."""
    a, b, c = pl.col("a"), pl.col("b"), pl.col("c")
    expected = (
        (a & b, "ba"),
        (pl.when(a).then(b).otherwise(c), "acb"),
        (a.str.contains(b), "ba"),
        (~a, "a"),
    )
    return all(
        "".join(part.meta.output_name() for part in whole.meta.pop()) == names
        for whole, names in expected
    )


def _together(expression: pl.Expr, wanted: bool, found: dict[str, Part]) -> Part:
    parts = list(found.values())
    if len(parts) == 1:
        return parts[0]
    return All(expression, wanted, parts, f"all of {sorted(found)}")


def _is_regex(function: Any) -> bool:
    test = function.get("StringExpr") if isinstance(function, dict) else None
    return isinstance(test, dict) and test.get("Contains", {}).get("literal") is False


def _cost(node: Any) -> int:
    """What computing an expression costs: as much as the dearest of its functions."""
    if isinstance(node, list):
        return max(map(_cost, node), default=0)
    if not isinstance(node, dict):
        return _PYTHON if node is None else 0
    if "Literal" in node:
        return 0
    if "AnonymousFunction" in node:
        return _PYTHON
    function = node.get("function")
    own = 0
    if isinstance(function, dict) and "StringExpr" in function:
        own = _cost_of_text(function["StringExpr"])
    return max(own, *map(_cost, node.values()))


def _cost_of_text(test: Any) -> int:
    name = test if isinstance(test, str) else next(iter(test))
    if name.startswith("Replace"):
        return _REPLACED
    if name.startswith("Strip"):
        return _STRIPPED
    if (isinstance(test, dict) and test[name] is True) or _is_literal(test, name):
        return _LITERAL
    return _COSTS.get(name, _REGEX)


def _is_literal(test: Any, name: str) -> bool:
    options = test[name] if isinstance(test, dict) else None
    return isinstance(options, dict) and options.get("literal") is True
