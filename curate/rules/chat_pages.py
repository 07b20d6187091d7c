"""What the page of a chat shows around an answer, and what a generator of answers says to whoever runs it."""

from __future__ import annotations

_MODEL = r"(?:chatgpt|gpt-?[345][\w.-]*|claude|gemini|bard|copilot|bing(?: chat)?|deepseek|perplexity|grok|le chat|meta ai)"
_RATING = r"(?:👍|👎|thumbs[ -](?:up|down)|good response|bad response)"
_PRESSED = rf"(?:copy(?: link| code| to clipboard| text| message)?|regenerate(?: response)?|retry|share(?: chat| link| conversation)?|edit(?: message)?|read aloud|listen|export|{_RATING}|sharegpt|new chat|open in canvas|show (?:drafts|thinking))"
# A line that is nothing but this.
LINES = (
    r"cop(?:y|ied) (?:code|to clipboard)[!.]?",
    r"(?:(?:python|javascript|bash|java|html|css|sql|json|c\+\+|typescript|text) ?)?copy code",
    r"(?:stop|continue) generating(?: response)?|regenerate(?: response| answer)?|regenerate (?:this )?response|try again [|·] copy",
    rf"(?:{_MODEL}|assistant|ai|the assistant|bot|agent|support) is (?:typing|thinking)(?:\.{{3}}|…)?",
    rf"{_MODEL} (?:can|may|might|could) (?:make mistakes|display inaccurate|produce inaccurate|be wrong|get things wrong|give incorrect)\b[^\n]{{0,120}}",
    rf"(?:you|user|{_MODEL}|assistant)\s*\n?said ?:",
    r"(?:is|was) this (?:conversation|response|answer|reply|message|chat) (?:helpful|useful|better|better or worse|correct)\b[^\n]{0,40}",
    r"(?:how (?:was|is) this response|rate this (?:response|answer|conversation|reply))\b[^\n]{0,30}",
    rf"{_PRESSED}(?: *[|/·•] *{_PRESSED})+|(?:👍|👎)(?: *(?:👍|👎))*|(?:copy|retry|regenerate|share|edit)(?: (?:copy|retry|regenerate|share|edit))+",
    r"[<‹] ?\d{1,2} ?/ ?\d{1,2} ?[>›]|\d{1,2} / \d{1,2}",
    r"(?:thought|reasoned) for (?:\d+|a few|a couple of) (?:seconds?|minutes?|s)",
    r"(?:searched|browsed|browsing|searching) (?:the web|\d+ (?:sites|sources|pages|websites))(?:\.{3}|…)?|finished browsing|memory updated|(?:view|show) other drafts|show thinking",
    r"free research preview\b[^\n]{0,120}|(?:send|type) (?:a|your) message(?:\.{3}|…)?|message chatgpt(?:\.{3}|…)?",
    r"(?:there was an error generating a response|something went wrong\. if this issue persists|hmm\.{3} ?something seems to have gone wrong|an error occurred\. (?:either|if)|network error)\b[^\n]{0,120}",
    r"you['’]ve (?:reached|hit) (?:your|the) (?:usage |message |free |current )?(?:limit|cap)\b[^\n]{0,80}",
    rf"(?:generated|written|powered|created|made|response|answered) (?:by|with|using|from) {_MODEL}[^\n]{{0,30}}|model: ?{_MODEL}",
    r"\(?(?:total )?(?:word|character|token)s? ?(?:count|used|total) ?[:=] ?~?\d+(?: words| characters| tokens)?\)?|\(\d+ (?:words|characters|tokens)\)",
    r"(?:seen|delivered) (?:at )?\d{1,2}:\d\d(?: ?[ap]m)?|today at \d{1,2}:\d\d(?: ?[ap]m)?",
)
# A name alone, above the answer.
TITLE = rf"\A\s*{_MODEL}[ \t]*:?[ \t]*\n"
HINTS = (
    r"(?i-u:copy (?:code|to c|link)|copied|\ncopy|\nretry|generating|regenerat|typing|is thinking|make mist|inaccur|things wr|be wrong|give inc|\bsaid ?:\s*(?:\n|\z)|this (?:conv|resp|answer|reply|mess|chat)|thumbs|d response|sharegpt|thought for|searched|brows(?:ed|ing) |searching t|other dr|show thi)",
    r"(?i-u:research prev|a message|your message|r gener|went wrong|gone wr|r occurred|work err|ve (?:reached|hit) y|(?:word|character|token)s? count|tokens (?:used|total)|(?:words|acters|okens)\)|\n(?:seen|delivered|today at)|in canvas| / )",
    r"👍|👎|‹|(?i-u:chatgpt|gpt-?[345]|claude|gemini|\bbard\b|copilot|\bbing\b|deepseek|grok)",
)
# Prompts that are about such pages, or ask for what they show.
ABOUT = (
    r"(?i)\b(?:chatgpt|gpt\w*|claude|gemini|bard|copilot|bing|deepseek|grok|ai|artificial intelligence|chat ?bots?|llms?|language models?|(?:ai|virtual) assistants?|ui|ux|interfaces?|buttons?|feedback|ratings?|rate|survey|dialogue|conversation|transcript|chat|messag\w*|fractions?"
    r"|ratio|divide\w*|simplify|probability|calculate|date|score|words?|characters?|tokens?|emojis?|search engines?|error|commands?|count|length|time signature|script|who said|quote)\b"
)
