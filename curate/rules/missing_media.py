"""TXT027: the prompt speaks of an image, a sound, a video or a file that is not there."""

from __future__ import annotations

import polars as pl

from curate.mapping import each_matching, holding
from curate.patterns import regex
from curate.rules import absent_media
from curate.rules.other_languages import MISSING_MEDIA, MISSING_MEDIA_HINT, another_language
from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import (
    ASKS_BACK,
    MEDIA,
    about_code,
    at_its_end,
    last_question,
    of_chat,
    one_line,
    stands_last,
)
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_STAND_IN = (
    r"(?i)(?:^|[\s(:])\[(?:(?:an?|the|insert|link to|attached|attach|your|see)\s+)*(?:image|picture|photo|photograph"
    r"|figure|video|audio|sound|recording|screenshot|diagram|drawing|painting|gif|pdf|attachment)"
    r"\b[^\]\n(=]*\](?:$|[^(])"
    r"|<(?:(?:an?|the|insert|link to|attached|attach|your|see)\s+)*(?:image|picture|photo|photograph"
    r"|figure|flag|video|audio|sound|recording|screenshot|diagram|drawing|painting|gif|pdf|file)"
    r"\s+[^>\n=/]+>|<(?:link to|insert|attached)\s+[^>\n=/]+>"
    r"|\((?:link to|insert|see|attached)\s+(?:an? |the |your )?(?:attached )?(?:image|picture|photo"
    r"|photograph|figure|video|audio|recording|screenshot|diagram|drawing|painting|pdf|file)[^)\n]*\)"
)
_MARKDOWN_IMAGE = r"!\[[^\]\n]*\]\([^)\n]+\)"
_MEDIA_LINK = (
    r"(?i)(?:^|\n)\s*(?:https?://|www\.)\S+\.(?:png|jpe?g|gif|webp|bmp|tiff?|svg|mp3|wav|ogg|flac"
    r"|mp4|mov|avi|webm|pdf|docx?|xlsx?|pptx?|zip)\s*$"
)
_IMAGE_TAG = r"(?i)<img\s+src=\S+[^>\n]*>\s*$|(?:^|\n)\s*(?:<(?:image|video|audio|img|speech)(?:_?\d+)?>|<\|(?:image|video|audio)(?:_\d+)?\|>|\[IMG\])|<(?:image|speech)(?:_?\d+)?>\s*$"
_REFERRED = (
    rf"(?i)\b(?:this|these|(?:the|this|these)\s+(?:following|given|attached|provided|below|above)"
    rf"|in the|from the)\s+(?:(?:[a-z-]+)\s+){{0,2}}?{MEDIA}s?\b"
    r"(?:\s+(?:below|above|into|so|using|to|in (?:a|one|two|three|at|fewer|less|\d)|with (?:the|a"
    r"|appropriate)|and|that|by)\b[^:\"“”]*)?\s*[.!?]?\s*$"
    rf"|^(?:please\s+)?(?:watch|look at|listen to|see|view|transcribe|examine)\s+(?:the|this)\s+(?:[a-z-]+\s+)?{MEDIA}s?\b[^:\"“”]*$"
    rf"|\b{MEDIA}\s+(?:above|below)\b[^:\"“”]*$"
    rf"|\b(?:attached|accompanying|enclosed)\s+(?:[a-z-]+\s+)?(?:{MEDIA}|file|document|pdf|spreadsheet)s?\b"
)
# What people hand over with a prompt.
_THING = (
    rf"(?:{MEDIA}|file|document|pdf|spreadsheet|csv|excel|log|workbook|presentation|slide deck|slides?|contract|resume|résumé|cv"
    r"|transcript|report|invoice|receipt|code|script|dataset|essay|podcast|paper|thesis|attachment|mp[34]|wav|m4a|zip|docx?|pptx?|xlsx?|jpe?g|png|voice (?:note|memo|message))"
)
_SEEN = r"(?:image|picture|photo|photograph|screenshot|video|clip|recording|audio(?: clip| file)?|diagram|chart|graph|figure|map|infographic|x-ray|scan|painting|drawing|portrait|snapshot|cartoon|logo)"
_SHOWN = r"(?:image|picture|photo|photograph|screenshot|portrait|snapshot|video clip|video|clip|(?:voice |sound )?recording|(?:audio(?: clip| file)?|sound (?:file|clip|recording))|footage|voicemail|voice (?:note|memo|message)|mp3|x-ray|scan)"
# "this map function", "this graph algorithm", "this picture book": no medium is meant.
_NO_MEDIUM = rf"(?i)\b(?:this|these)\s+(?:[a-z-]+\s+){{0,2}}?{_SEEN}s?\s+(?:functions?|algorithms?|books?|databases?|theor(?:y|ies)|data|methods?|library|libraries|apps?|api|models?|search|problem|format|files? format|editor|quality|type|element|tag|object|class|component)\b"
# A picture or a recording that is asked about as if it were there. Looked for in Python, where one is named at all:
# as an expression, these would be too many words to screen texts by.
_ASKED_ABOUT = (
    # "What is the man in the photo holding?", "What does the graph in the image show?"
    rf"(?i)^(?:what|who|which|how many|where|is|are)\b[^:\"“”\n]*\b(?:in|on)\s+(?:the|this)\s+{_SEEN}\s+(?:holding|wearing|doing|looking at|standing|sitting|saying|say|read|feeling|made of|called|show|from)\s*\?\s*$"
    rf"|^(?:what|how|which)\b[^:\"“”\n]{{0,30}}\b(?:does|do|is|are)\s+(?:the|this|these)\s+{_SEEN}s?\s+(?:show|say|depict|represent|illustrate|display|tell us|showing|depicting)\b[^:\"“”]{{0,30}}\?\s*$"
    rf"|^(?:what|which|who|how)\b[^:\"“”\n]*\b(?:in|on|from)\s+(?:this|these)\s+(?:[a-z-]+\s+)?{_SEEN}s?\s+(?:express|show|above|below|mean)[a-z]*\s*\?\s*$"
    # "Is the person in the photo smiling?", "Compare the two images."
    rf"|^(?:is|are|was|were|does|do|can|has|have)\b[^:\"“”\n]*\b(?:in|on)\s+(?:the|this)\s+{_SEEN}(?:\s+[a-z]+){{0,2}}\s*\?\s*$"
    # This picture, in whatever question or order; the picture, where it ends there.
    rf"|^[a-z][^:\"“”\n]*\b(?:this|these)\s+(?:[a-z-]+\s+){{0,2}}?{_SEEN}s?\b[^:\"“”\n]{{0,60}}$"
    rf"|^(?:please\s+)?(?:describe|caption|explain|analy[sz]e|interpret|title|tag|examine|identify)\s+(?:the|your)\s+(?:[a-z-]+\s+)?{_SHOWN}\s*[.!?]?\s*$"
    rf"|^(?:what|who|whose|which|how many|how much|how old|how|when|why|where|is|are|does|do|can|was|were|identify|recognize|determine|summari[sz]e|tell me|name|list|count|find|read|describe|estimate|guess|locate)\b[^:\"“”\n]*\b(?:in|on|from|(?:end|beginning|start|middle) of)\s+the\s+(?:[a-z-]+\s+)?{_SHOWN}"
    rf"(?:\s+(?:looks?|express|show|wear|hold|do|say|mean|convey|suggest|indicate|stand for|sounds?|feel|seem|appear|play|speak|express|above|below|expressing|showing|wearing|holding|doing|saying|feeling|looking)(?:\s+[a-z]+){{0,3}})?\s*[.?!]?\s*$"
    rf"|^(?:using|from|looking at|judging (?:from|by)|going by|given|in|based on)\s+(?:the|this)\s+{_SEEN},"
    r"|\b(?:in|from|on|of)\s+the\s+(?:scanned|photographed|pictured|handwritten)\s+[a-z]+\s*[.?!]?\s*$"
    rf"|^(?:please\s+)?(?:compare|contrast|describe|caption|label|sort)\s+(?:the|these)\s+(?:two\s+|three\s+|four\s+)?{_SEEN}s\s*[.!]?\s*$"
    rf"|^(?:please\s+)?(?:write|generate|create|provide|give|suggest|compose)\s+(?:an?\s+|me\s+an?\s+)?(?:alt[ -]text|caption|description)\s+(?:for|of)\s+(?:this|the attached|the following)\s+{_SEEN}\s*[.!]?\s*$"
)
_HANDED = (
    rf"(?i)\b(?:the|this|my|these|an?)\s+(?:[a-z-]+\s+){{0,2}}?{_THING}s?\s+(?:that\s+)?(?:i|we)(?:['’]ve|\s+have)?\s+(?:just\s+)?(?:uploaded|attached|sent|shared|provided|posted|gave|pasted|included)\b"
    rf"|\b{_THING}s?\s+(?:is\s+|are\s+)?(?:attached|enclosed|uploaded|shown|pictured)(?:\s+here)?\s*[.!?]?\s*$|\b{_THING}\s+\((?:attached|see attached|enclosed)\)"
    rf"|\bi(?:['’]ve|\s+have)?\s+(?:just\s+)?(?:uploaded|attached|enclosed)\s+(?:an?|the|my|some|two|three|our)\s+(?:[a-z-]+\s+){{0,2}}?{_THING}\b"
    rf"|^here(?:['’]s|\s+is|\s+are)\s+(?:an?|the|my|our)\s+(?:[a-z-]+\s+)?{_THING}\b(?:\s+of\b[^:\"“”.]*)?(?:[.,]|\s*$)\s*[^:\"“”]{{0,60}}$"
    rf"|\b(?:uploaded|attached)\s+(?:[a-z-]+\s+)?{_THING}s?\b"
    r"|\b(?:figure|plot) (?:above|below)\b[^:\"“”\n]*$|\[(?:attached|see attached|attachment|enclosed)\]"
    rf"|\bi(?:['’]m|\s+am)\s+(?:sending|attaching|uploading|sharing|showing)\s+(?:you\s+)?(?:an?|the|my|some)\s+(?:[a-z-]+\s+)?{_THING}\b"
    r"|^(?:what|which|how many|where|find|list|count|extract|explain)\b[^:\"“”\n]*\b(?:in|from|of)\s+(?:this|my)\s+(?:[a-z]+\s+)?(?:log file|file|pdf|spreadsheet|workbook|csv|attachment)\s*[.?]?\s*$"
    rf"|^according to (?:the|this)\s+(?:[a-z]+\s+)?(?:chart|graph|diagram|infographic|map)\b[^:\"“”\n]*$"
    r"|^(?:please\s+)?(?:transcribe|caption)\s+(?:the|this|my)\s+(?:[a-z]+\s+){0,2}?(?:interview|voicemail|call|podcast|voice message|voice note|meeting|lecture)\s*[.!]?\s*$"
    r"|^(?:please\s+)?(?:open|read|check|review|clean|load|convert)\s+(?:the|my|this)\s+(?:[a-z]+\s+)?(?:file|document|pdf|spreadsheet|csv|log file|workbook|attachment)\b[^:\"“”\n]*$"
)
# A mail about an attachment can be written; a file that code opens need not be there.
_TO_WRITE = r"(?i)\b(?:e-?mail|letter|message|memo|reply|note|sentence|dialogue|story|response|how|app|website|application)s?\b"
_CODE = r"```|\bimport |open\(|\w\(\w*\)|;\s*(?:\n|$)|\$ "
_HTML = r"(?i)\bpython\b|\bjavascript\b|\bscript\b|\bfunction\b|\bdownloads?\b.*\bfrom a url\b|\bhtml\b|\bmarkdown\b|\bcss\b|\btags?\b|\bweb ?page\b|</|\bregex\b|\balt[ -]text (?:for|of|attribute)\b"
_PATTERN = f"(?:{_STAND_IN})|(?:{_MARKDOWN_IMAGE})|(?:{_MEDIA_LINK})|(?:{_IMAGE_TAG})|(?:{_REFERRED})|(?:{_HANDED})|(?:{_ASKED_ABOUT})"


_SEEN_WORDS = r"(?i-u:image|picture|photo|screenshot|video|clip|recording|audio|diagram|chart|graph|figure|\bmap|infographic|x-ray|scan|painting|drawing|portrait|snapshot|cartoon|logo|sound|voice|footage|mp3)"
_DRAWN_BEFORE = r"(?i-u:\b(?:images?|pictures?|photos?|screenshots?|videos?|recordings?|audio|diagrams?|charts?|graphs?|maps?|drawings?|paintings?|x-rays?|scans?|selfies?|podcasts?)\b)"
_ASKED_ABOUT_RE, _NO_MEDIUM_RE = regex(_ASKED_ABOUT), regex(_NO_MEDIUM)


def asks_about(prompt: str) -> bool:
    """Whether a prompt asks about a picture or a recording as if it were there."""
    return _ASKED_ABOUT_RE.search(prompt) is not None and not _NO_MEDIUM_RE.search(prompt)


def _condition(options: LintOptions) -> pl.Expr:
    prompt = last_question()
    line = (prompt.str.len_bytes() <= 200) & one_line(prompt)
    linked = prompt.str.contains(
        english(f"{_STAND_IN}|{_MARKDOWN_IMAGE}|{_MEDIA_LINK}|{_IMAGE_TAG}")
    )
    referred = line & prompt.str.contains(english(_REFERRED))
    plain = ~about_code(prompt) & ~prompt.str.contains(english(_HTML))
    names = prompt.str.contains(_SEEN_WORDS)
    asked = names & each_matching(
        pl.when(names & line).then(prompt), english(_ASKED_ABOUT), asks_about
    ).fill_null(False)
    handed = (
        line
        & (prompt.str.contains(english(_HANDED)) | asked)
        & ~prompt.str.contains(english(_TO_WRITE))
        & ~prompt.str.contains(
            english(r"(?i)\b(?:python|javascript|html|css|function|script to)\b")
        )
        & ~pl.col("completion").str.contains(_CODE)
    )
    # An answer that asks for the thing is right.
    asks_back = pl.col("completion").str.contains(english(ASKS_BACK))
    foreign = prompt.str.contains(MISSING_MEDIA_HINT) & another_language(options)
    foreign = foreign & line
    abroad = foreign & holding(pl.when(foreign).then(prompt), MISSING_MEDIA)
    hinted = line & prompt.str.contains(absent_media.HINT)
    spoken_of = hinted & holding(
        pl.when(hinted).then(prompt), english(f"(?i){absent_media.PATTERN}")
    )
    spoken_of = spoken_of & ~prompt.str.contains(english(absent_media.OTHERWISE)) & plain
    # An earlier turn may have drawn the map that is spoken of.
    drawn = of_chat() & (
        pl.col("prompt").str.count_matches(_DRAWN_BEFORE) > prompt.str.count_matches(_DRAWN_BEFORE)
    )
    absent = (referred & plain) | (handed & ~about_code(prompt)) | abroad | spoken_of
    return ((linked & plain) | (absent & ~drawn)) & ~asks_back


def _first(options: LintOptions) -> pl.Expr:
    words = [
        "image", "picture", "photo", "figure", "video", "audio", "sound", "recording", "screenshot",
        "diagram", "drawing", "painting", "cartoon", "logo", "graph", "chart", "sketch", "map",
        "illustration", "clip", "artwork", "art piece", "works of art", "sculpture", "comic",
        "attached", "link to", "![", "<img", "<image", "<speech", "<|audio", "<audio", "<video", "<|video", "[img]", "portrait", "the scanned", "<insert", ".png", ".jp", ".gif", ".mp", ".wav", ".pdf",
        ".doc", ".xls", ".zip", ".svg", ".webp", "x-ray", "scan", "accompanying", "enclosed", "snapshot", "selfie", "voicemail", "voice ", "footage", "meme", "blueprint",
        "uploaded", " i sent", "i've sent", "i shared", "here is my", "here's my", "here’s my", "transcribe", "the pdf", "the file", "spreadsheet", "my file", "the csv", " pic", "selfie", "podcast", "episode", "lecture", "this still", "film still", "thumbnail", "polaroid", "mri", "slide", "poster", "floor plan", "floorplan", "listen", "watch", "dub ", ".heic", ".tiff", ".bmp", ".mov", ".m4a", ".avi", ".flac", ".ogg", ".mkv", "screen grab", "sound file", "snap",
        "the document", "log file", "mp3", "workbook", "plot above", "plot below", "enclosed]", "this file", "this pdf", "my csv",
    ]  # fmt: skip
    hint = at_its_end(lambda text: text.str.contains_any(words, ascii_case_insensitive=True))
    return stands_last() & (hint | at_its_end(lambda text: text.str.contains(MISSING_MEDIA_HINT)))


RULE = ColumnRule(
    about=About(
        code="TXT027",
        name="missing-media",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the prompt needs an image, a sound, a video or a file that is not there",
        reason="A text model cannot see it; such a row teaches it to describe what it has never seen.",
        example='{"instruction": "Describe this photo.", "input": "", "output": "A girl smiles …"}',
        remedy="Drop the row, or describe the medium in words in the prompt.",
        assumes="prompts in English and some ten other languages",
    ),
    frame="rows",
    condition=_condition,
    message="the prompt needs a medium that is not there: {match}",
    pattern=f"{english(_PATTERN)}|{english('(?i)' + absent_media.PATTERN)}|{MISSING_MEDIA}",
    column="prompt",
    first=_first,
)
