"""Which rules run: codes, prefixes and names to rules; the most specific selector decides."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from curate.errors import unknown_name
from curate.rules.protocol import Rule
from curate.schemas.options.lint import LintOptions

ALL = "ALL"


def select_rules(options: LintOptions, table: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules of `table` that run under these options, in its order.

    Without `select`, all rules run. Where selectors disagree, the longest matching one decides
    (`--ignore TXT --extend-select TXT001` leaves TXT001 on); a tie is ignored.

    Raises UserError for a selector that matches no rule.
    """
    on = {**_strengths(options.select or (ALL,), table)}
    for code, strength in _strengths(options.extend_select, table).items():
        on[code] = max(on.get(code, -1), strength)
    off = _strengths(options.ignore, table)
    return tuple(
        rule for rule in table if on.get(rule.about.code, -1) > off.get(rule.about.code, -1)
    )


def matching(selector: str, table: Sequence[Rule]) -> frozenset[str]:
    """The codes that one selector names. Raises UserError when there is none."""
    return frozenset(_strengths((selector,), table))


def ignored_in(
    path: str, ignores: Mapping[str, Sequence[str]], table: Sequence[Rule]
) -> frozenset[str]:
    """The codes that `per_file_ignores` leaves out in this file.

    A glob is matched against the whole path, its end, and the file's name.
    """
    pure = PurePath(path)
    codes: set[str] = set()
    for glob, selectors in ignores.items():
        named = _strengths(selectors, table)  # a name that is none is a mistake, whatever the file
        if pure.match(glob) or fnmatch.fnmatch(path, glob) or fnmatch.fnmatch(pure.name, glob):
            codes |= named.keys()
    return frozenset(codes)


def _strengths(selectors: Sequence[str], table: Sequence[Rule]) -> dict[str, int]:
    """For each code that is named, the length of the longest selector that names it."""
    strengths: dict[str, int] = {}
    for selector in selectors:
        named = _named(selector, table)
        if not named:
            known = {r.about.code for r in table} | {r.about.name for r in table}
            known |= {r.about.family for r in table} | {ALL}
            raise unknown_name("rule", selector, known, "`curate rules` lists them all.")
        for code, strength in named.items():
            strengths[code] = max(strengths.get(code, -1), strength)
    return strengths


def _named(selector: str, table: Sequence[Rule]) -> dict[str, int]:
    wanted = selector.upper()
    if not wanted:
        return {}
    if wanted == ALL:
        return {rule.about.code: 0 for rule in table}
    exact = {r.about.code: len(r.about.code) for r in table if r.about.name == selector.lower()}
    return exact or {
        rule.about.code: len(wanted) for rule in table if rule.about.code.startswith(wanted)
    }
