"""Orders about "the sentence", "these words" or "this flower" in a prompt that holds nothing else, and inputs
that name a thing instead of giving it: a part of missing-text (`missing_text`).

Whatever is quoted, follows a colon, holds a digit or a capital letter may be the thing itself, and is left alone.
"""

from __future__ import annotations

_TEXT = (
    r"(?:sentences?|words?|texts?|paragraphs?|passages?|poems?|stor(?:y|ies)|dialogues?|conversations?|statements?|phrases?|clauses?|strings?|letters?|numbers?"
    r"|lists?|items?|tables?|equations?|expressions?|options?|essays?|articles?|emails?|e-mails?|quotes?|code|lines?|values?|blanks?|analog(?:y|ies)|sequences?"
    r"|patterns?|events?|excerpts?|lyrics|tweets?|reviews?|documents?|products?|characters?|definitions?|animals|objects|pictures?|images?)"
)
_EDIT = (
    r"(?:rewrite|re-write|reword|re-word|rephrase|paraphrase|edit|correct|fix|proofread|punctuate|complete|finish|continue|fill in|sort|rank|order|re-?order|put|arrange|re-?arrange"
    r"|organi[sz]e|group|classify|categori[sz]e|match|compare|contrast|compare and contrast|combine|join|merge|connect|unscramble|count|reverse|evaluate|solve|simplify|translate"
    r"|convert|change|transform|turn|summari[sz]e|shorten|condense|expand|read|analy[sz]e|interpret|explain|describe|label|circle|underline|highlight|choose from|select from)"
)
# How an order goes on that gives nothing more to work on; a capital letter or a digit might.
_REST = (
    r"(?-i:(?: (?:in|into|to|so|by|using|with|without|from|and|as|that|which|below|above|given|provided|correctly|properly|alphabetically|based|according|on)\b[a-z ,'’-]{0,80})?)"
    r"\s*[.?!]?\s*$"
)
_THINGS = (
    r"(?:flower|plant|tree|bird|animal|insect|fish|mineral|planet|painting|picture|image|photo|sculpture|building|landmark|monument|logo|symbol|flag|map|graph|chart|diagram|figure"
    r"|song|tune|melody|sound|movie|film|book|novel|poem|quote|proverb|phrase|sentence|word|passage|paragraph|text|article|essay|story|character|person|place|city|country|product"
    r"|company|brand|dish|recipe|food|shape|equation|expression|puzzle|riddle|code|function|program|data|dataset|table|list|economic system|political system|theory|experiment|study|scenario|case)"
)
_SAY = r"(?:feedback|comments?|critique|review|summary|opinion|title|caption|headline|rating|score|response|reply|answer|conclusion|explanation|example)s?"
_PLEASE = r"^(?:please |can you |could you )?"

# Each stands for the whole of a prompt of one line.
PATTERN = "|".join(
    (
        rf"{_PLEASE}{_EDIT} (?:all )?(?:of )?(?:the|these|those|this) (?:(?:two|three|four|five|given|following|provided|list of|set of|customer's|missing|incomplete|scrambled|jumbled) ){{0,2}}{_TEXT}{_REST}",
        rf"{_PLEASE}(?:identify|find|determine|name|state|give|list|locate|extract|count|what (?:is|are)|how many|who is|calculate|compute)(?-i:[a-z '’-]{{0,40}}) (?:in|of|from) (?:the|these|this) (?:(?:given|following|provided|two|three) )?{_TEXT}(?-i:(?: (?:that|which|and|using|with|by|is|are|who|below|above|given|provided)\b[a-z ,'’-]{{0,40}})?)\s*[.?]?\s*$",
        rf"{_PLEASE}(?:identify|find|determine|select|choose|pick|spot|circle) the (?:odd (?:one|word|man) out|missing (?:number|word|letter|term|value)s?)\b(?-i:[a-z ]{{0,30}})[.?]?\s*$",
        r"^(?:is|are|does|do) (?:the|this|these) (?:(?:following|given|two|above) ){0,2}(?:sentence|statement|word|phrase|text|paragraph|argument|claim|number|equation|poem)s?\b(?-i:[a-z ,'’-]{0,60})\?\s*$",
        rf"^(?:what|who|where|which|name|identify|describe|explain|discuss|how|why)\b(?-i:[a-z '’-]{{0,40}}) this {_THINGS}(?-i:(?: (?:is|are|was|mean|means|do|does|different|similar|in|from|from)\b[a-z ,'’-]{{0,40}})?(?: [A-Z]?[a-z]+)?)\s*[.?]?\s*$",
        rf"{_PLEASE}(?:give|provide|write|offer|suggest|create|come up with|generate|add|share)(?-i:[a-z -]{{0,20}}) {_SAY} (?:on|of|for|to|about) (?:this|these|the (?:given|following|provided|attached|above))(?-i:[a-z -]{{0,16}}) (?:{_TEXT}|cover letter|letter|resume|blog post|post|photo|painting|video|speech|song|movie|film|book|customer|question|message|complaint)\s*[.?]?\s*$",
        r"^(?-i:[A-Za-z][a-z ,'’-]{0,80}) (?:the|this|these)(?-i: [a-z'’-]+){1,3} (?:below|above)\s*[.?!]?\s*$",
        rf"{_PLEASE}(?:describe|interpret|explain|identify|analy[sz]e|label|read|look at|write a caption for|caption|add a title to|add a caption to|give a title to|study|examine) the (?:image|picture|photo|photograph|graph|chart|map|diagram|figure|infographic)(?-i:(?: (?:and|in|so|to)\b[a-z ,'’-]{{0,50}})?)\s*[.?]?\s*$",
        r"^(?:based on|using|from|according to|given) (?:the|this) (?:(?:given|provided|following) )?(?:description|clues?|hints?|symptoms|ingredients|data|information|picture|image|table|results|evidence|conversation|dialogue|details|context)(?: (?:provided|given|below|above))?, (?-i:[a-z ,'’-]+)[.?]?\s*$",
    )
)  # fmt: skip
# Things to be sorted into classes that are named, while the things are not.
_THREE_COMMAS = r"(?:[^.?!:;,()\n]*,){0,3}[^.?!:;,()\n]*(?:\([^)\n]*\))?"
UNLISTED = (
    rf"{_PLEASE}(?:classify|categori[sz]e|label|tell me (?:whether|if|which)|identify|determine|sort|group|state|decide)\b[^.?!:;,()\n]*\b(?:these|the following|the below) (?:[a-z-]+ ){{0,3}}?"
    rf"(?:are|is|as|into|based on|by|according to|belong|would)\b{_THREE_COMMAS}\s*[.?]?\s*$"
)
# What is general, and what the prompt itself may speak of.
OTHERWISE = (
    r"(?i)\b(?:sentence structure|words? of (?:wisdom|advice)|in general|how to|difference|example|life story|the story of|number line|periodic table|table (?:tennis|manners|salt)|line graph"
    r"|(?:a|an) (?:story|poem|sentence|paragraph|word|text|list|table|book|movie|song|product|company|function|program|person|character|city|country|planet|theory|picture|image|photo|graph|chart|number|string|set)\b"
    r"|letters? (?:in|of) the (?:[a-z]+ )?alphabet|in the (?:world|word)|(?:box|space|comments?|field) (?:below|above)|below (?:zero|average|freezing|sea|the)|above (?:zero|average|sea|all|the)|if (?:an?|you|it|there)\b)| [-–—] "
)

_KINDS = (
    # What the order speaks of, and what stands there by name only.
    (
        "data(?:set| set)?|trends?|table|spreadsheet|statistics|figures",
        "(?:data(?:set|base| set)?|sales data|survey data|table|spreadsheet|csv file|statistics|survey results)",
    ),
    (
        "article|text|passage|paragraph|essay|report|story|document|paper|post|poem|speech|content|it",
        "(?:article|text|passage|paragraph|essay|report|story|document|paper|blog post|news article|research paper|poem|speech|excerpt)",
    ),
    (
        "e-?mail|letter|message|review|resume|cv",
        "(?:e-?mail|letter|message|review|resume|cv|cover letter|customer review)",
    ),
    (
        "graph|chart|diagram|map|plot|figure",
        "(?:bar chart|bar graph|pie chart|line graph|line chart|graph|chart|diagram|map|plot)",
    ),
    (
        "audio|recording|speech|podcast|video|clip|sound|interview|conversation|movie",
        "(?:recording|audio(?: clip| file| recording)?|podcast(?: episode)?|video(?: clip)?|sound clip|film clip|movie clip|interview recording)",
    ),
    ("code|bug|program|function|script", "(?:code(?: snippet)?|program|function|script)"),
)
_WORKS_ON = r"(?:summari[sz]e|analy[sz]e|edit|proofread|review|transcribe|extract|translate|interpret|explain|read|convert|crop|find|identify|evaluate|rewrite|paraphrase|improve|correct|debug|fix|critique|listen to|watch|write a summary)"
_BY_NAME = r"(?: (?:about|on|of|from|for|with|showing|containing|discussing|describing|over)\b[^\n:.!?\"“0-9]{2,70}| (?:for|from|of|over) (?:19|20)\d\d)?\.?\s*$"
_FILE = r"[\w-]{1,40}\.(?:png|jpe?g|gif|bmp|pdf|docx?|mp3|mp4|wav|avi|mov|xlsx?|pptx?|zip)\s*$"
# An order, and below it the name of what it is about.
NAMED = "|".join(
    (
        *(
            rf"^(?:please )?{_WORKS_ON}\b[^\n:]*\b(?:{order})\b[^\n:]{{0,40}}\n+\s*(?:the |an? |some |my )?{thing}{_BY_NAME}"
            for order, thing in _KINDS
        ),
        rf"^[^\n]{{5,120}}\n+\s*{_FILE}",
        r"^(?:please )?(?:describe|analy[sz]e|identify|crop|edit|resize|rotate|enhance|recogni[sz]e|detect|interpret|explain|count)\b[^\n:]*\b(?:image|picture|photo|photograph|painting|graph|chart|figure|drawing|scene|objects?)s?\b[^\n:]{0,30}\n+\s*[(\[]?(?:the |an? )?(?:image|picture|photo|photograph|painting|drawing|bar chart|bar graph|pie chart|line graph|chart|graph)[:,]? (?:of|showing|with)\b[^\n:.!?\"“0-9]{2,80}[)\]]?\.?\s*$",
        r"^[^\n]{5,120}\n+\s*(?:[\[(<]?(?:company name|book title|movie title|song title|product name|code snippet|article text|text here|user'?s? input|your name|person'?s name|topic name|city name|url)[\])>]?)\s*$",
        r"^[^\n]{5,120}\n+\s*[<\[(]\s*(?:the |your |insert |some )*(?:code|program|function|script|query|code snippet|data|dataset|image|photo|video|audio|file)(?: here)?\s*[>\])]\s*$|^[^\n]{5,120}\n+\s*(?:code|text|data|article|image) here\s*$",
        r"^[^\n]*\b(?:summari[sz]e|describe|extract|review|analy[sz]e|evaluate|rate|critique|read|list|find|summary)\b[^\n]*\b(?:article|link|website|web ?page|page|site|post|blog|video|news|content|contents)\b[^\n]*\n+\s*(?:[a-z]+: ?)?[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|edu|gov|io|co\.uk|co|uk|de)(?:/[^\s]*)?\s*$",
        r"^[^\n]{5,120}\n+\s*(?:text|input|sentence|passage|article|paragraph|word|question|list|code|data|email|document)\s*:\s*$",
    )
)  # fmt: skip
HINT = rf"(?i)(?:\b(?:the|these|those|this) (?:[a-z'’-]+ ){{0,3}}?(?:{_TEXT}|image|picture|photo|graph|chart|map|diagram|figure|infographic|odd|missing|{_THINGS}|below|above|cover letter|description|clues?|hints?|symptoms|ingredients|information|results|evidence|details|context)\b|\b(?:these|the following|the below)\b)"
NAMED_HINT = r"(?i)\n\s*(?:[\w-]+\.[a-z34]{3,4}|(?:[a-z]+: ?)?[\w.-]+\.[a-z]{2,3}(?:/\S*)?|[\[(<]?[a-z '’]{1,20}:?[\])>]?)\s*$|\n\s*(?:the |an? |some |my )?(?:[a-z]+ ){0,2}?(?:data|table|spreadsheet|csv|statistics|survey|article|text|passage|paragraph|essay|report|story|document|paper|post|poem|speech|excerpt|e-?mail|letter|message|review|resume|cv|chart|graph|diagram|map|plot|recording|audio|podcast|video|clip|code|program|function|script|image|picture|photo|photograph|painting|drawing)|\n\s*[(\[]"
