"""Programming languages: which one a prompt asks for, and which one code is written in.

Code is told by signs that hardly any other language has. Two different ones tell it, where none speaks for
another language; what is close (C and C++, a page's markup, style and script) is not told apart.
"""

from __future__ import annotations

import re

from curate.patterns import regex

_KIND = r"(?:code|programs?|functions?|scripts?|class|method|snippet|app|application|query|loop|command|struct)"
# What languages are called in orders; names that mean other things stand with a word that says so.
NAMES: dict[str, re.Pattern[str]] = {
    "Python": regex(r"(?<![\w-])(?:python[23]?|django|pandas|numpy)(?![\w-])", re.I),
    "JavaScript": regex(
        r"(?<![\w-])(?:java ?script|node\.?js|typescript|ecmascript|jquery|jsx?|tsx?|react)(?![\w-])",
        re.I,
    ),
    "Java": regex(r"(?<![\w-])java(?! ?script)(?![\w-])", re.I),
    "C#": regex(r"(?<![\w-])(?:c#|c sharp|asp\.net|vb\.net|\.net)(?!\w)", re.I),
    "C++": regex(
        rf"(?<![\w-])(?:[cC]\+\+|[cC]pp|CPP|[aA]rduino|[oO]bjective-[cC])(?!\w)|\b(?:in|to) C\b(?![+#])|\bC (?:programming|language|{_KIND})\b"
    ),
    "Ruby": regex(r"(?<![\w-])(?:ruby|rails)(?![\w-])", re.I),
    "PHP": regex(r"(?<![\w-])(?:php|laravel|wordpress)(?![\w-])", re.I),
    "Go": regex(rf"\b(?:golang|Golang|in Go|Go {_KIND})\b"),
    "Rust": regex(r"\b[Rr]ust\b"),
    "Swift": regex(r"\b[Ss]wift(?:UI)?\b"),
    "Kotlin": regex(r"\bkotlin\b", re.I),
    "SQL": regex(r"(?<!no)sql|postgres|\bsqlite\b", re.I),
    "HTML": regex(r"\bx?html5?\b|web ?(?:page|site)|bootstrap", re.I),
    "CSS": regex(r"\b(?:css|css3|sass|scss|stylesheet|style sheet)\b", re.I),
    "Bash": regex(
        r"\b(?:bash|shell|unix|linux|zsh|awk|sed|powershell|command[ -]line|cron|terminal)\b", re.I
    ),
    "R": regex(rf"\bin R\b|\bR {_KIND}\b"),
    "Perl": regex(r"\bperl\b", re.I),
    "Scala": regex(r"\bscala\b", re.I),
    "Haskell": regex(r"\bhaskell\b", re.I),
    "another": regex(
        r"\b(?:lua|matlab|octave|julia|elixir|erlang|fortran|cobol|lisp|scheme|clojure|prolog|pascal|delphi|dart|assembly|groovy|excel|vba|visual basic|latex|graphql|pseudo-?code|scratch|solidity|verilog|vhdl|docker\w*|mongo\w*|redis|jinja|cython|coffeescript|f#|ocaml|racket|smalltalk|bison|flex|makefile)\b",
        re.I,
    ),
}

_MEMBER = regex(
    r"\b(?:public|private|protected) (?:static )?(?:final )?(?:class|void|int|[sS]tring|bool(?:ean)?|double|float|long|List<\w+>)\b"
)
_TYPED = regex(
    r"^[ \t]*(?:unsigned |const )*(?:int|void|char|float|double|bool) ?\*?&? ?\w+ ?\([^\n=]*\)\s*(?:\{|$)",
    re.M,
)
_VAR = regex(r"\bvar \w+ ?= ?[^\n]*;?$", re.M)
_ARROW = regex(r"=> ?[{(\w]")
_LAMBDA = regex(r"\w ->|\bin\b \w+\.")

_SIGNS: dict[str, tuple[re.Pattern[str], ...]] = {
    "Python": (
        regex(r"^[ \t]*(?:async )?def \w+ ?\([^\n{]{0,300}:[ \t]*$", re.M),
        regex(
            r"^[ \t]*(?:elif\b[^\n{]+|else|try|finally|except\b[^\n{]*):[ \t]*(?:#[^\n]*)?$", re.M
        ),
        regex(r"^[ \t]*from [\w.]+ import [\w*(]|^import \w[\w., ]*$|^import [\w.]+ as \w+$", re.M),
        regex(r"^[ \t]*(?:for \w[\w, ()]{0,60} in|while|if|with)\b[^\n{;]{1,200}:[ \t]*$", re.M),
        regex(r"^class \w+(?:\([\w., =]*\))?:[ \t]*$|\bself\.\w|__\w+__", re.M),
        regex(r"^[ \t]*print ?\([^\n]*\)[ \t]*$", re.M),
        regex(r"\blambda [\w, ]*:|\bfor \w+ in (?:range|enumerate)\b|\blen\(\w+\)"),
        regex(r"```[ \t]*py"),
    ),
    "JavaScript": (
        regex(r"\b(?:const|let) (?:\w+|[{\[][^=\n]{1,60}) ?=[^=]"),
        regex(r"\bconsole\.(?:log|error|warn)\("),
        regex(r"\bfunction ?\w* ?\([\w\s,={}\[\].]*\) ?\{"),
        regex(r"[^=!]==="),
        regex(r"\bdocument\.\w+|\bwindow\.\w+|\bmodule\.exports|\brequire\(['\"]"),
        regex(r"^[ \t]*constructor ?\(", re.M),
        regex(r"\bthis\.\w+ ?= "),
        regex(r"```[ \t]*(?:js|javascript|ts|typescript|jsx|tsx)\b"),
    ),
    "Java": (
        regex(r"\bpublic static void main ?\(String|\bSystem\.(?:out|err|in)\b"),
        regex(r"^import java[\w.]*\.\w+", re.M),
        regex(
            r"\bnew (?:ArrayList|HashMap|Scanner|HashSet|LinkedList|StringBuilder)\b|\bString\[\] args"
        ),
        regex(r"```[ \t]*java\b(?!script)"),
    ),
    "C#": (
        regex(r"^[ \t]*using System\b", re.M),
        regex(r"\bConsole\.(?:Write|Read)"),
        regex(r"\bstatic void Main ?\(|\{ ?get; ?(?:private )?set; ?\}"),
        regex(r"^[ \t]*namespace \w+", re.M),
        regex(r"\bforeach ?\(\w+ \w+ in\b"),
        regex(r"```[ \t]*(?:cs|csharp|c#)"),
    ),
    "C++": (
        regex(r"^[ \t]*#include ?[<\"]", re.M),
        regex(r"\bstd::\w|\bcout ?<<|\bcin ?>>"),
        regex(r"\bint main ?\("),
        regex(r"^[ \t]*using namespace std", re.M),
        regex(r"```[ \t]*(?:c|cpp|c\+\+)\b"),
    ),
    "Ruby": (
        regex(r"^[ \t]*def \w+[?!]?(?: ?\([^\n]*\)|[^\n:({=]*)$", re.M),
        regex(r"^[ \t]*end\b[ \t]*$", re.M),
        regex(r"^[ \t]*puts\b", re.M),
        regex(r"\bdo \|\w[\w, ]*\||\{ ?\|\w[\w, ]*\|"),
        regex(r"^[ \t]*(?:attr_accessor|require '|elsif\b)", re.M),
        regex(r"```[ \t]*ruby"),
    ),
    "PHP": (
        regex(r"<\?php"),
        regex(r"^[ \t]*\$\w+(?:\[[^\n\]]*\])? ?=[^=]", re.M),
        regex(r"^[ \t]*echo [^\n]*;", re.M),
        regex(r"\$this->|\bfunction \w* ?\([^\n)]*\$"),
        regex(r"```[ \t]*php"),
    ),
    "Go": (
        regex(r"^package \w+[ \t]*$", re.M),
        regex(r"\bfmt\.[A-Z]\w+\("),
        regex(r"^func (?:\([^\n)]*\) )?\w+\([^\n]*\{", re.M),
        regex(r"\w := "),
        regex(r"```[ \t]*go\b"),
    ),
    "Rust": (
        regex(r"^[ \t]*(?:pub )?fn \w{1,60}[(<]", re.M),
        regex(r"\blet mut\b"),
        regex(r"\b(?:println|print|vec|format)!"),
        regex(r"^[ \t]*(?:impl|use (?:std|crate))\b", re.M),
        regex(r"```[ \t]*rust"),
    ),
    "Swift": (
        regex(
            r"^[ \t]*(?:public |private )?func \w+(?:<\w+>)?\([^\n]*\)(?: throws)?(?: -> [^\n{]+)? \{",
            re.M,
        ),
        regex(r"\b(?:guard|if) let\b"),
        regex(r"^import (?:UIKit|Foundation|SwiftUI)", re.M),
        regex(r"\b(?:let|var) \w+ ?: ?\[?(?:String|Int|Double|Bool)\b"),
        regex(r"```[ \t]*swift"),
    ),
    "Kotlin": (
        regex(r"^[ \t]*(?:override |private )?fun \w+\(", re.M),
        regex(r"\bval \w+(?:: ?\w+)? ?= "),
        regex(r"^[ \t]*data class ", re.M),
        regex(r"```[ \t]*kotlin"),
    ),
    "SQL": (
        regex(r"^[ \t]*select\b[^;]{1,400}?\bfrom\b", re.I | re.M),
        regex(
            r"^[ \t]*(?:insert into|create (?:table|view|database|index)|update \w+\s+set|delete from|alter table|drop table)\b",
            re.I | re.M,
        ),
        regex(r"\A\s*(?:select|insert|update|delete|create|alter)\b[^;]{1,2000};?\s*\Z", re.I),
        regex(r"^[ \t]*(?:where|group by|order by|inner join|left join|values)\b", re.I | re.M),
        regex(r"```[ \t]*\w*sql"),
    ),
    "HTML": (
        regex(r"<!doctype html|<html\b|</(?:html|body|head)>", re.I),
        regex(r"</(?:div|p|ul|form|table|h[1-6]|button|span|nav)>"),
    ),
    "CSS": (
        regex(r"^[ \t]*[.#@]?[\w-][\w\-.:#, >]*\{\s*[\w-]+ ?: [^;{}\n]+;", re.M),
        regex(r"```[ \t]*css"),
    ),
    "Bash": (
        regex(r"^#! ?/(?:usr/)?bin/(?:env )?(?:ba|z)?sh", re.M),
        regex(r"^[ \t]*(?:fi|done|esac)\b;?[ \t]*$", re.M),
        regex(r"^[ \t]*if \[\[? [^\n]*\]|;[ \t]*(?:then|do)[ \t]*$", re.M),
        regex(r"```[ \t]*(?:ba|z)?sh"),
    ),
    "R": (regex(r"\w[ \t]*<- "), regex(r"\bfunction\([^\n)]*\) ?\{?"), regex(r"^library\(", re.M)),
    "Perl": (
        regex(r"\bmy [$@%(]"),
        regex(r"^[ \t]*use (?:strict|warnings)", re.M),
        regex(r"#! ?/usr/bin/(?:env )?perl"),
    ),
    "Scala": (
        regex(r"\bdef \w{1,60}[(:\[][^\n{]{0,200}= ?\{?[ \t]*$", re.M),
        regex(r"^[ \t]*(?:case class|object) \w+", re.M),
        regex(r"\bval \w+"),
    ),
    "Haskell": (regex(r"^\w+ :: ", re.M), regex(r"^[ \t]*(?:module|import qualified)\b", re.M)),
}
# What several languages have.
_SHARED: dict[str, tuple[re.Pattern[str], ...]] = {
    "JavaScript": (_VAR, _ARROW),
    "Java": (_MEMBER, _TYPED, _LAMBDA),
    "C#": (_MEMBER, _TYPED, _VAR, _ARROW),
    "C++": (_TYPED,),
    "PHP": (_ARROW,),
    "Go": (_VAR,),
    "Kotlin": (_VAR, _LAMBDA),
    "Scala": (_ARROW,),
    "Swift": (_VAR, _LAMBDA),
}
# Languages that stand in one page, and are not told apart.
CLOSE: tuple[frozenset[str], ...] = (
    frozenset({"HTML", "CSS", "JavaScript", "PHP"}),
    frozenset({"SQL", "PHP"}),
)
# Of these, one sign is enough beside blocks in braces, where a language without such blocks was asked for.
_IN_BRACES = frozenset({"JavaScript", "Java", "C#", "C++", "PHP", "Go", "Rust", "Swift", "Kotlin"})
_BLOCK = regex(r";[ \t]*\n[ \t]*\}")
# Languages that an order means when it names them; others are named for what the code is about.
_ORDERED = tuple(
    name for name in NAMES if name in _SIGNS and name not in {"SQL", "HTML", "CSS", "Bash", "R"}
)
_QUERY = regex(
    r"^\W*(?:please )?(?:write|create|generate|construct|build|design|develop|give|provide|formulate|compose)\b[^\n]{0,40}\b(?:sql (?:query|queries|statements?|commands?|code)|(?:query|statement) (?:in|using) sql)\b",
    re.I,
)
# There the code that is given is in the language named, and the answer's is another, or none.
_FROM_ONE_TO_ANOTHER = regex(
    r"translat|convert|\bport(?:ed|ing)?\b|rewrit|equivalent|transform|transpil|migrat|alternative|instead|injection",
    re.I,
)
# Talk about a language, which may show how others do it.
_ABOUT = regex(
    r"\W{0,9}(?:explain|describe|what (?:is|are|does)|why|define|summari[sz]e|name|list)\b", re.I
)
_MARKS = regex(r"[({<=;$]|^[ \t]*end\b", re.M)
_OWN, _SHARED_POINTS, _ENOUGH = 2, 1, 4
# Characters of the code, and of the beginning of a prompt, that are looked at.
_LONGEST, _ORDER = 8000, 400


def named_in(text: str) -> list[str]:
    """The languages that a text names; "another" stands for those that have no signs here."""
    return [language for language, name in NAMES.items() if name.search(text)]


def has_signs(language: str, code: str) -> bool:
    """Whether anything in some code speaks for a language and no other."""
    return any(sign.search(code) for sign in _SIGNS[language])


def languages_of(code: str) -> list[str]:
    """The languages that anything in some code speaks for."""
    return [language for language in _SIGNS if has_signs(language, code[:_LONGEST])]


def language_of(code: str, *, blocks: bool = False, shared: bool = True) -> str | None:
    """The language that code is surely written in; None where that cannot be told.

    With `blocks`, blocks in braces are a sign of languages that have them; without `shared`, what several
    languages have is none.
    """
    code = code[:_LONGEST]
    block = blocks and _BLOCK.search(code) is not None
    points = []
    for name, signs in _SIGNS.items():
        own = sum(sign.search(code) is not None for sign in signs)
        own += block and own > 0 and name in _IN_BRACES
        common = _SHARED.get(name, ()) if shared else ()
        points.append(
            (_OWN * own + _SHARED_POINTS * sum(s.search(code) is not None for s in common), name)
        )
    (second, _), (most, language) = sorted(points)[-2:]
    return language if most >= _ENOUGH and most > second else None


def written_otherwise(prompt: str, code: str) -> tuple[str, str] | None:
    """The one language that a prompt names, and the other one that its code is surely written in."""
    if _ABOUT.match(prompt) or not _MARKS.search(code):
        return None
    order = prompt[:_ORDER]
    asked = next((name for name in _ORDERED if NAMES[name].search(order)), None)
    if asked is None and _QUERY.search(prompt):
        asked = "SQL"
    if asked is None:
        return None
    code = code[:_LONGEST]
    if has_signs(asked, code):
        return None
    alike = any(sign.search(code) for sign in _SHARED.get(asked, ()))
    found = language_of(code, blocks=asked not in _IN_BRACES, shared=not alike)
    if found is None or named_in(prompt) != [asked] or _FROM_ONE_TO_ANOTHER.search(prompt):
        return None
    return asked, found
