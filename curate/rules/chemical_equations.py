"""Whether a chemical equation that was to be balanced has as many atoms of each kind on both sides."""

from __future__ import annotations

import re
from collections import Counter

from curate.patterns import regex
from curate.rules.tasks import Table, Task
from curate.rules.wordings import english

_ASKED = regex(r"\bbalanc(?:e|ed|ing)\b", re.I)
_ARROW = r"(?:-+>|→|⟶|=+>?|⇌|➔)"
_TERM = (
    r"(?:\d{0,2}\s?\[?(?:[A-Z][a-z]?\d*|\((?:[A-Z][a-z]?\d*)+\)\d*)+\]?(?:\s?\((?:s|l|g|aq)\))?)"
)
_EQUATION = regex(
    rf"(?<![\w()\[\]])({_TERM}(?:\s*\+\s*{_TERM}){{0,20}})\s*{_ARROW}\s*({_TERM}(?:\s*\+\s*{_TERM}){{0,20}})(?![\w(+])"
)
_PART = regex(r"([A-Z][a-z]?)(\d*)|\(|\)(\d*)")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
# All symbols; what else looks like a formula is none.
_ELEMENTS = frozenset(
    ["H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe", "Cs", "Ba", "La", "Ce", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr", "Ra", "Th", "U", "Pu", "W"]
)  # fmt: skip


def _atoms(side: str) -> Counter[str] | None:
    """The atoms of one side by element; None where a symbol is no element."""
    total: Counter[str] = Counter()
    for term in side.split("+"):
        match = re.fullmatch(r"\s*(\d{0,2})\s?\[?(.*?)\]?(?:\s?\((?:s|l|g|aq)\))?\s*", term)
        if match is None:
            return None
        stack: list[Counter[str]] = [Counter()]
        for part in _PART.finditer(match[2]):
            if part[0] == "(":
                stack.append(Counter())
            elif part[1]:
                if part[1] not in _ELEMENTS:
                    return None
                stack[-1][part[1]] += int(part[2] or 1)
            elif len(stack) > 1:
                inner = stack.pop()
                for element, count in inner.items():
                    stack[-1][element] += count * int(part[3] or 1)
            else:
                return None
        if len(stack) != 1:
            return None
        for element, count in stack[0].items():
            total[element] += count * int(match[1] or 1)
    return total


def _balanced(task: Task, completion: str) -> str | None:
    """The last equation of the answer has other atoms on its two sides."""
    if not _ASKED.search(task.order):
        return None
    found = _EQUATION.findall(completion.translate(_SUBSCRIPTS))
    if not found:
        return None
    left, right = (_atoms(side) for side in found[-1])
    if left is None or right is None or len(left) < 2 or left == right:
        return None
    element = next(e for e in (*left, *right) if left[e] != right[e])
    return f"the equation is not balanced: {element} stands {left[element]} times on the left and {right[element]} times on the right"


CHECKS: Table = ((("balanc",), _balanced),)
HINT = english(r"(?i)\bbalanc(?:e|ed|ing)\b[^\n]*\b(?:equation|reaction)")
