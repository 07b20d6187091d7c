"""Code that cannot run: Python that does not compile or uses what it never imports, SQL in a wrong order.

Nothing is executed: Python's own parser reads the text into a tree.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings

from curate.patterns import has_any, regex

_FENCED = regex(r"^[ \t]*```[ \t]*(?:python|py|python3)[ \t]*\n(.*?)^[ \t]*```", re.S | re.M | re.I)
_PYTHON_START = regex(
    r"(?:def \w|import \w|from [\w.]+ import |class \w+\s*[(:]|#[^!]|\"\"\"|async def )"
)
_PYTHON_LINE = regex(r"^(?:[ \t]*def \w+[ \t]*\(.{0,400}\)[ \t]*(?:->.{0,100})?:|import \w[\w., ]*$|from [\w.]+ import |class \w+(?:\(\w*\))?:)", re.M)  # fmt: skip
# The same, nearly, in Rust's syntax.
PYTHON_START = (
    r"\A\n*(?:def \w|import \w|from [\w.]+ import |class \w+\s*[(:]|#[^!]|\"\"\"|async def )"
)
PYTHON_LINE = r"(?m)^(?:[ \t]*def \w|import \w|from [\w.]+ import |class \w)"
# What may stand behind code or beside it: its output, a call with its result, a comment of another language.
_OUTPUT = regex(
    r"^(?:#+|//)?[ \t]*(?:sample |expected |example )?outputs?\b.*\Z", re.S | re.M | re.I
)
_SLASHES = regex(r"(?<![ \t])[ \t]*(?<!:)//.*$", re.M)
_ARROW = regex(r"(?<![ \t])[ \t]*(?:=>|->|→)[^\n:]{0,400}$", re.M)
# How lines end and begin in other languages; the second is looked for in a text with a line break before it.
_OTHER_ENDS = regex(r"[{;][ \t]*$", re.M)
_OTHER_STARTS = regex(
    r"\n(?:[ \t]*(?:func|let|var|const|public|private|end|fn)\b|import (?:\w+;|[A-Z]))"
)
_TYPED, _LAST_WORD = regex(r"\w :: \w"), regex(r"\bend\Z")
_OLD_STYLE = regex(r"\bexcept \w+, \w+:|^[ \t]*(?:print|exec) [\"'\w]|<>", re.M)
_PROSE = regex(
    r"^\s*(?:[A-Z][a-z]+|I|A|In|It|The|This|To)\b(?: [A-Za-z'’,-]+){3,}|^\s*(?:\d+\.|[-*•]) [A-Z]"
)
_ELISION = regex(
    r"^[ \t]*(?:\.\.\.|%|!pip|\$ )|>>> |<[a-z_ ]{1,40}>|\[insert|\{%|\{\{", re.M | re.I
)
# Characters of the longest text that is read: parsing takes memory, and no pattern above may wait for long.
_LONGEST = 20_000
# What one Python refuses and another takes: limits of the parser, and quotes within f-strings (3.12).
_OF_THIS_PYTHON = regex(
    r"^f-string|^Exceeds the limit|too many (?:nested|statically)|indentation levels"
)

# Modules and the names that people give them; what else is not bound may be the user's own.
_MODULES = frozenset(
    [
        "re",
        "math",
        "random",
        "os",
        "sys",
        "json",
        "np",
        "pd",
        "time",
        "datetime",
        "collections",
        "itertools",
        "requests",
        "plt",
        "csv",
        "functools",
        "heapq",
        "bisect",
        "subprocess",
        "threading",
        "socket",
        "logging",
        "urllib",
        "hashlib",
        "statistics",
        "shutil",
        "glob",
        "sqlite3",
        "nltk",
        "cv2",
        "tf",
        "torch",
        "sns",
    ]
)
_CALLED = frozenset({"defaultdict", "Counter", "deque", "BeautifulSoup", "reduce", "namedtuple"})

_KNOWN = _MODULES | _CALLED
_NAME = regex(r"\w+")

_CLAUSES = ("FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT")
_CLAUSE = regex(r"\b(?:FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT)\b", re.I)
_SELECT = regex(r"\bSELECT\b", re.I)


def python_in(text: str) -> str | None:
    """The Python that a text is, or holds between fences that name it; None where there is none, or too much."""
    if len(text) > _LONGEST:
        return None
    blocks = [textwrap.dedent(block) for block in _FENCED.findall(text)]
    if blocks:
        return "\n".join(blocks)
    plain = text.strip("\n")
    if (
        not _PYTHON_START.match(plain)
        or "```" in plain
        or not _PYTHON_LINE.search(plain)
        or _is_otherwise(plain)
    ):
        return None
    return plain


def _is_otherwise(code: str) -> bool:
    """Whether code is in another language."""
    if _OTHER_ENDS.search(code) or _OTHER_STARTS.search("\n" + code):
        return True
    last = code.rstrip(" \t")[-4:]
    return (last[-3:] == "end" and _LAST_WORD.search(last) is not None) or (
        " :: " in code and _TYPED.search(code) is not None
    )


def broken_python(code: str, prompt: str) -> str | None:
    """Why code does not compile, or which module neither it nor the prompt imports; None where neither is so."""
    lines = code.strip().splitlines()
    if len(lines) < 2 or _ELISION.search(code):
        return None
    error: SyntaxError | None = None
    for candidate in _readings(code):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(candidate)
                missing = _never_imported(tree) if _may_hold(candidate, _KNOWN) else None
        except SyntaxError as raised:
            # A traceback would hold this frame, which holds it, and whatever the callers have at hand.
            error = error or raised.with_traceback(None)
        except (ValueError, RecursionError, MemoryError):
            return None
        else:
            if missing is None or re.search(rf"\bimport\b.*\b{missing}\b", prompt):
                return _keeps_nothing(tree) if _may_hold(candidate, _IN_PLACE) else None
            return f"the code uses {missing!r} and never imports it"
    return _told(error, code) if error else None


def _readings(code: str) -> dict[str, None]:
    """The different texts that the code may be: as it stands, without its output, and without comments of another kind."""
    bare = _OUTPUT.sub("", code) if "output" in code.lower() or not code.isascii() else code
    arrows = has_any(bare, ("=>", "->", "→"))
    slashes = "//" in bare
    return dict.fromkeys(
        (
            code,
            bare,
            _ARROW.sub("", bare) if arrows else bare,
            _SLASHES.sub("", bare) if slashes else bare,
        )
    )


def _may_hold(code: str, names: frozenset[str]) -> bool:
    """Whether one of the names may stand in code; beyond ASCII, Python takes other letters for the same."""
    return not code.isascii() or not names.isdisjoint(_NAME.findall(code))


# Methods of lists that change the list and return None.
_IN_PLACE = frozenset(("remove", "sort", "reverse"))


def _keeps_nothing(tree: ast.AST) -> str | None:
    """An assignment that keeps what such a method of a list returns, where the name is used again."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        called, target = node.value.func, node.targets[0]
        if not isinstance(called, ast.Attribute) or called.attr not in _IN_PLACE:
            continue
        if not isinstance(called.value, ast.Name) or not isinstance(target, ast.Name):
            continue
        of, kept = called.value.id, target.id
        if called.attr == "remove" and len(node.value.args) != 1:
            continue
        if _is_list(tree, of) and of != kept and _uses(tree, kept):
            return f"{kept!r} is None: {of}.{called.attr}() changes the list and returns nothing"
    return None


def _is_list(tree: ast.AST, name: str) -> bool:
    """Whether a name is bound to a list, or named as one."""
    if re.search(r"list|array|numbers|nums", name, re.I) and not re.search(r"[A-Z]", name):
        return True
    return any(
        isinstance(node, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
        and isinstance(node.value, (ast.List, ast.ListComp))
        for node in ast.walk(tree)
    )


def _uses(tree: ast.AST, name: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for node in ast.walk(tree)
    )


def _told(error: SyntaxError, code: str) -> str | None:
    """What is wrong with the line; None where the line is prose, or code for Python 2."""
    lines = code.splitlines()
    at = min(max((error.lineno or 1) - 1, 0), len(lines) - 1)
    old = re.search(r"Missing parentheses|leading zeros|multiple exception types", error.msg)
    beside = lines[max(0, at - 1) : at + 1]
    if (
        old
        or _OLD_STYLE.search(code)
        or _OF_THIS_PYTHON.search(error.msg)
        or any(_PROSE.match(line) for line in beside)
    ):
        return None
    return f"the Python does not compile: {error.msg}, line {at + 1} of the code"


def _never_imported(tree: ast.AST) -> str | None:
    """The first well-known module that the code uses without having imported or made it."""
    bound: set[str] = set()
    used: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
            if "*" in names:
                return None
            bound |= names
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.ExceptHandler):
            bound.add(node.name or "")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used += [node.value.id] if node.value.id in _MODULES else []
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            used += [node.func.id] if node.func.id in _CALLED else []
    return next((name for name in used if name not in bound), None)


def broken_sql(text: str) -> str | None:
    """Why a query that a text is cannot run: its clauses stand in an order that no dialect takes."""
    if len(text) > _LONGEST:
        return None
    if not _SELECT.match(text.lstrip()):
        return None
    plain = re.sub(r"'[^']*'|\"[^\"]*\"|--[^\n]*", "''", text)
    plain = re.sub(r"\s+", " ", plain).strip()
    if plain.count("(") != plain.count(")"):
        return None
    for statement in _outside_brackets(plain).split(";"):
        if len(_SELECT.findall(statement)) != 1:
            continue
        clauses = [clause.upper() for clause in _CLAUSE.findall(statement)]
        places = [_CLAUSES.index(clause) for clause in clauses]
        wrong = next((i for i in range(1, len(places)) if places[i] < places[i - 1]), None)
        if wrong is not None and clauses[0] == "FROM" and len(set(clauses)) == len(clauses):
            return f"the query has {clauses[wrong]} after {clauses[wrong - 1]}"
    return None


def _outside_brackets(text: str) -> str:
    """A text without what stands between round brackets."""
    depth, kept = 0, []
    for piece in re.split(r"([()])", text):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(depth - 1, 0)
        elif not depth:
            kept.append(piece)
    return "".join(kept)
