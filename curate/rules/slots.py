"""Slots that a program was to fill, as the template languages write them, in prose that is not about them."""

from __future__ import annotations

from curate.rules.wordings import english

_BEFORE, _AFTER = r"(?:^|[\s(:\"'])", r"(?:[\s.,;:?!)\"']|$)"
# Words in angle brackets; "<no input>" and "<image attached>" are other things.
_SLOT = r"(?:[a-hj-mo-uwxyz][a-z]{2,20}|n[a-np-z][a-z]{1,20}|item|v[a-hj-z][a-z]{1,20})"
# A share on the stock exchange has five letters at most; these are fields all the same.
_FIELD = r"(?:NAME|DATE|TODAY|TIME|CITY|EMAIL|PRICE|TOPIC|USER|TEXT|INPUT|TITLE|WORD|ITEM|YEAR|PLACE|AMOUNT|[A-Z]{3,}_[A-Z_]{2,}|[A-Z]{6,20})"
WRITTEN = (
    # printf and its kin: %s, %(name)s, {0}
    rf"{_BEFORE}%(?:s|d|i|\.[0-9]f)(?:th|st|s|km|kg)?{_AFTER}|%\([a-z][a-z_ ]{{0,30}}\)[sdf]|{_BEFORE}\{{[0-9]\}}{_AFTER}"
    # Jinja, shell, wikis: {{ user.age }}, ${{name}}, $NAME, [[name]]
    rf"|\{{\{{ ?[A-Za-z_][^{{}}\n]{{0,40}}\}}\}}|{_BEFORE}\$\{{[A-Za-z_][A-Za-z_.]{{0,40}}\}}|{_BEFORE}\${_FIELD}{_AFTER}|{_BEFORE}\[\[[a-z][a-z_ ]{{2,30}}\]\]{_AFTER}"
    # Capitals between underscores, hashes, at signs; capitals and small words in angle brackets.
    rf"|{_BEFORE}(?:__[A-Z][A-Z_]{{1,30}}__|##[A-Z][A-Z_]{{2,30}}##|@@[A-Z][A-Z_]{{2,30}}@@|#[A-Z][A-Z_]{{2,20}}#|@@[a-z][a-z_]{{2,20}}@@|%%[a-z][a-z_]{{2,20}}%%|##[a-z][a-z_]{{2,20}}##){_AFTER}|(?:^|[\s(:])%[A-Z][A-Z_]{{2,30}}%{_AFTER}"
    rf"|{_BEFORE}<(?:[A-Z]{{3,20}}(?:[_ ][A-Z]{{2,20}}){{0,3}}|(?:{_SLOT}[_ ])?{_SLOT}[_ ]{_SLOT})>{_AFTER}"
)
HINT = r"%[sd(.A-Z]|\{[0-9]?\}|\{\{|\$\{|\$[A-Z]{4}|\[\[[a-z]|__[A-Z]|##?[A-Za-z]|@@[A-Za-z]|%%[a-z]|<[A-Z]{3}|<[a-z]{3,20}[_ ][a-z]"
ABOUT = english(
    r"(?i)\b(?:s?printf|formats?|specifiers?|syntax|variables?|environment|shell|bash|linux|terminal|commands?|code|program\w*|scripts?|templates?|html|xml|tags?|jinja|wiki\w*|markdown|regex|sql|config\w*|tickers?|stocks?|shares|placeholders?|slots?|tokens?|macros?|strings?|python|java\w*|typescript|php|ruby|c\+\+|perl|latex"
    r"|functions?|json|yaml|css|react|vue|angular|cli|api|usage|github|git|docker\w*|ansible|helm|letter|mail.?merge|mad libs|form|fill|blanks?|percent|crosswords?|puzzles?|hangman|queries|query|banner)\b|(?-i:\bC\b|\bR\b)"
)
CODE = r"```|[;{}]\s*\n|</|\bdef |\bimport |=> |\w\(\w*\)|^\s*[#$>] |\bprint\b|\bSELECT\b"

# An input that is a stand-in and nothing else.
_NOUN = r"(?:text|input|article|sentence|paragraph|passage|data|content|code|numbers?|words?|story|e-?mail|document|question|list|review|tweet|message|poem|topic|description|url|link|table|values?|names?|context|transcript|article text|essay)"
STAND_IN_HINT = r"(?i-u:(?:enter|insert|paste|type|provide) (?:in |your |the |some |here |an? |text|input)|(?:text|input|article|sentence|content|data|code|numbers?|words?|story|mail|document|question|list|review|tweet|message) (?:goes |go |to go |to be |comes? )?here|(?:sample|dummy|test|example|placeholder|mock|fake|default) (?:text|input|article|sentence|content|data)|lorem ipsum|\bxxx|asdf|qwerty|foo ?bar|todo|\btbd\b|fixme|<[a-z]{2,20} [a-z]{2,20}>)"
STAND_IN = english(
    rf"(?i)(?:\A\s*[\[<({{]*\s*(?:(?:please )?(?:enter|insert|paste|type|add|put|write|provide|place|copy) (?:in )?(?:your |the |some |an? |here )*(?:[a-z]+ )?{_NOUN}(?: (?:in )?(?:here|below))?"
    rf"|(?:your |the |some )?(?:[a-z]+ )?{_NOUN} (?:goes|go|to go|to be (?:inserted|added|pasted)|comes?) ?(?:here)?|(?:your |the )?{_NOUN} here"
    rf"|(?:sample|example|dummy|test|placeholder|default|mock|fake) (?:{_NOUN}|input {_NOUN})|lorem ipsum|x{{3,}}|asdf\w*|qwerty\w*|foo ?bar|(?-i:TODO)\b[: ]*[a-z ]{{0,30}}|to-?do: [a-z ]{{0,30}}|tbd|fixme\b[: ]*[a-z ]{{0,30}}"
    rf")\s*[\]>)}}.!…]*\s*\z)|\A\s*<{_SLOT} (?:{_NOUN})>\s*\z"
)
