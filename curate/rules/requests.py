"""What the rules about unanswerable prompts share: which prompts stand alone, and what names media.

A prompt stands alone when it is one user turn with nothing before it that could hold what it
refers to: no earlier turns, no tools, no media parts, no long system text.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from curate.rules.wordings import english

_LONG_SYSTEM = 300

MEDIA = (
    r"(?:image|picture|photo|photograph|painting|drawing|sketch|cartoon|illustration|infographic"
    r"|screenshot|diagram|logo|map|graph|chart|gif|video|video clip|film clip|movie clip|audio"
    r"|audio clip|audio file|sound clip|recording|artwork|art piece|work of art|works of art"
    r"|sculpture|comic strip|x-ray|scan|clip|snapshot|selfie|voicemail|voice message|voice note|footage|meme|blueprint)"
)

# An answer that says that what the prompt speaks of is not there, or asks for it.
ASKS_BACK = (
    r"(?i)\b(?:there (?:is|was|seems to be) no [a-z ]{2,30}(?:in|with|attached|here|yet)|I (?:do not|don['’]t|can(?:no|['’])t|cannot|did not|didn['’]t) (?:see|have|find|receive|open)(?: any| an?| the| your)? ?(?:[a-z]+ ){0,2}?(?:attach\w*|file|document|image|picture|photo|text|article|report|link|recording|video|audio|pdf|passage|it)|(?:no|not) (?:file|image|text|attachment|document)[a-z ]{0,20}(?:attached|provided|included|given)"
    r"|(?:please|could you|can you) (?:paste|share|attach|upload|provide|send|include|copy|post)\b|paste (?:the|your|it)\b|nothing (?:is|was) attached|(?:was|is|were) not (?:attached|included|provided|given))"
)

# Asking for a program is not asking to read: "a function that reverses the given text".
_ABOUT_CODE = (
    r"(?i)^(?:please\s+)?(?:write|create|generate|design|develop|implement|construct|build|define"
    r"|compose|provide|show|give|produce|formulate|come up with|make)\b.*?\b(?:functions?"
    r"|programs?|scripts?|algorithms?|code|quer(?:y|ies)|class|methods?|regex|regular expressions?"
    r"|sql|apps?|applications?|api|macro|formula|commands?|models?|procedure|pseudocode|systems?"
    r"|website|chatbot|bot|component|html|css|tool|module|test cases?)\b"
)


# Columns of pictures, recordings and files beside the texts: what a prompt asks about is there.
_WITH_MEDIA = r"(?:^|\x1e)(?:images?|videos?|audios?|pixel_values)(?:_(?:paths?|files?|urls?|ids?))?\x1f(?:string|list|object)"


def stands_alone() -> pl.Expr:
    """The prompt is a single user turn, and nothing stands before or beside it."""
    return pl.col("roles").is_in(["ua", "sua"]) & _plain()


def _plain() -> pl.Expr:
    """No tools, no media parts or columns, no long system text."""
    short_system = pl.col("system").str.len_bytes().fill_null(0) < _LONG_SYSTEM
    return ~pl.col("special") & short_system & ~pl.col("layout").str.contains(_WITH_MEDIA)


def last_question() -> pl.Expr:
    """The prompt; of a chat with several questions, its last paragraph, which the last one ends with."""
    return pl.col("question")


def at_its_end(hint: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """Whether the prompt holds what `hint` looks for; that of a chat, near its end."""
    return hint(pl.col("prompt_end"))


def of_chat() -> pl.Expr:
    """There are earlier turns, all of them questions and answers in plain text."""
    return pl.col("roles").str.contains(r"^s?(?:ua){2,}$") & _plain()


def stands_last() -> pl.Expr:
    """The prompt stands alone, or ends a chat in plain text."""
    return _plain() & pl.col("roles").str.contains(r"^s?(?:ua)+$")


def one_line(prompt: pl.Expr | None = None) -> pl.Expr:
    """The prompt has no second line, where an input would stand."""
    prompt = pl.col("prompt") if prompt is None else prompt
    return ~prompt.str.strip_chars().str.contains("\n", literal=True)


def about_code(prompt: pl.Expr | None = None) -> pl.Expr:
    """The prompt asks for a program."""
    prompt = pl.col("prompt") if prompt is None else prompt
    return prompt.str.contains(english(_ABOUT_CODE))
