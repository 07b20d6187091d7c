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
    r"(?-i:(?: (?:in|into|to|so|by|using|with|without|from|and|as|that|which|below|above|given|provided|correctly|properly|alphabetically|based|according|on)\b[a-z ,'-]*)?)"
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
        rf"{_PLEASE}(?:identify|find|determine|name|state|give|list|locate|extract|count|what (?:is|are)|how many|who is|calculate|compute)(?-i:[a-z '-]*) (?:in|of|from) (?:the|these|this) (?:(?:given|following|provided|two|three) )?{_TEXT}(?-i:(?: (?:that|which|and|using|with|by|is|are|who|below|above|given|provided)\b[a-z ,'-]*)?)\s*[.?]?\s*$",
        rf"{_PLEASE}(?:identify|find|determine|select|choose|pick|spot|circle) the (?:odd (?:one|word|man) out|missing (?:number|word|letter|term|value)s?)\b(?-i:[a-z ]*)[.?]?\s*$",
        r"^(?:is|are|does|do) (?:the|this|these) (?:(?:following|given|two|above) ){0,2}(?:sentence|statement|word|phrase|text|paragraph|argument|claim|number|equation|poem)s?\b(?-i:[a-z ,'-]*)\?\s*$",
        rf"^(?:what|who|where|which|name|identify|describe|explain|discuss|how|why)\b(?-i:[a-z '-]*) this {_THINGS}(?-i:(?: (?:is|are|was|mean|means|do|does|different|similar|in|from|from)\b[a-z ,'-]*)?(?: [A-Z]?[a-z]+)?)\s*[.?]?\s*$",
        rf"{_PLEASE}(?:give|provide|write|offer|suggest|create|come up with|generate|add|share)(?-i:[a-z -]*) {_SAY} (?:on|of|for|to|about) (?:this|these|the (?:given|following|provided|attached|above))(?-i:[a-z -]*) (?:{_TEXT}|cover letter|letter|resume|blog post|post|photo|painting|video|speech|song|movie|film|book|customer|question|message|complaint)\s*[.?]?\s*$",
        r"^(?-i:[A-Za-z][a-z ,'-]*) (?:the|this|these)(?-i: [a-z'-]+){1,3} (?:below|above)\s*[.?!]?\s*$",
        rf"{_PLEASE}(?:describe|interpret|explain|identify|analy[sz]e|label|read|look at|write a caption for|caption|add a title to|add a caption to|give a title to|study|examine) the (?:image|picture|photo|photograph|graph|chart|map|diagram|figure|infographic)(?-i:(?: (?:and|in|so|to)\b[a-z ,'-]*)?)\s*[.?]?\s*$",
        r"^(?:based on|using|from|according to|given) (?:the|this) (?:(?:given|provided|following) )?(?:description|clues?|hints?|symptoms|ingredients|data|information|picture|image|table|results|evidence|conversation|dialogue|details|context)(?: (?:provided|given|below|above))?, (?-i:[a-z ,'-]+)[.?]?\s*$",
    )
)  # fmt: skip
# Things to be sorted into classes that are named, while the things are not.
_THREE_COMMAS = r"(?:[^.?!:;,()\n]*,){0,3}[^.?!:;,()\n]*(?:\([^)\n]*\))?"
UNLISTED = (
    rf"{_PLEASE}(?:classify|categori[sz]e|label|tell me (?:whether|if|which)|identify|determine|sort|group|state|decide)\b[^.?!:;,()\n]*\b(?:these|the following|the below) (?:[a-z-]+ ){{0,3}}?"
    rf"(?:are|is|as|into|based on|by|according to|belong|would)\b{_THREE_COMMAS}\s*[.?]?\s*$"
)
# An order for a program that works on, or makes, what follows; nothing does.
PROGRAM = (
    rf"{_PLEASE}(?:write|create|generate|design|construct|build|provide|make|give|produce|develop)\b[^\n:\"“'`]* the following (?:[a-z#+]+ ){{0,3}}?"
    r"(?:code(?: snippet)?|design|layout|snippet|function|class|query|table|page|program|script|algorithm|pseudocode|image|picture|diagram|output)\s*[.]?\s*$"
)
# More of the kind, in which a text is announced, or meant and never shown.
_GIVEN = (
    r"(?:sentences?|paragraphs?|texts?|articles?|words?|lists?|sets?|poems?|passages?|numbers?|code snippet|snippet|phrases?|strings?|arrays?|math problem|word problem|problem|equations?|stor(?:y|ies)|datasets?"
    r"|tables?|documents?|tweets?|e-?mails?|reviews?|quotes?|statements?|dialogues?|conversations?|items|integers|question|essay|chart|graph|image|picture)"
)
_LOW = "[a-z ,'-]"
_WHOLE = r"\s*[.?!]?\s*$"
ANNOUNCED = "|".join(
    (
        rf"^(?:using|from|with|for) the (?:input|provided|given) (?:data|list|texts?|values|numbers|information|array|strings?|words?|sentences?)\b(?-i:,? {_LOW}+){_WHOLE}",
        rf"^given (?:an?|two|three|four|some) (?:[a-z]+ ){{0,2}}?{_GIVEN}(?: of (?-i:[a-z ]+))?, (?-i:[a-z]{_LOW}+){_WHOLE}",
        rf"^(?:in this task,? )?(?:you(?:['’]re| are| will be) (?:given|provided with|presented with)|here(?: is|['’]s)|below is|the following is) (?:an?|two|three|some) (?:[a-z]+ ){{0,2}}?{_GIVEN}(?-i:{_LOW}*)[.,] (?-i:[A-Za-z]{_LOW}+){_WHOLE}",
        rf"^(?:(?:this|the following) (?:sentence|statement|paragraph|text|phrase|code|equation) (?:contains|has|is missing|needs)\b(?-i:{_LOW}+)|there (?:is|are) (?-i:{_LOW}+) in (?:this|the following|the) (?:sentence|paragraph|text|code|phrase))[.,] (?-i:[A-Za-z]{_LOW}+){_WHOLE}",
        rf"{_PLEASE}(?:explain (?:the|this) joke|explain why this (?:joke )?is funny|(?:solve|guess|answer|crack) (?:the|this|these) (?:riddles?|puzzles?|questions?|quiz|multiple[- ]choice questions?|math problems?|word problems?|problems?|crossword|sudoku|brain ?teaser|clues?|trivia questions?)|guess the (?:word|animal|object|movie|song|answer) from the (?:clues|description|hints|emojis))(?-i:(?: (?:and|using|by|with|in)\b{_LOW}*)?){_WHOLE}",
        rf"{_PLEASE}(?:make|keep) (?:the|this|these) (?:sentence|paragraph|text|statement|phrase|email|essay|story)s? (?-i:[a-z]{_LOW}+){_WHOLE}",
        rf"{_PLEASE}(?:remove|delete|cut|take out) (?:all )?(?:of )?(?:the )?(?:unnecessary|redundant|extra|filler|repeated|adjectives?|adverbs?|nouns?|verbs?|pronouns?|articles?|prepositions?)(?: (?:words|phrases|sentences))?(?: (?:from|in) the (?:sentence|text|paragraph|passage))?{_WHOLE}",
        rf"{_PLEASE}(?:add|insert) (?:the )?(?:correct |proper |appropriate |missing )?(?:punctuation|commas?|quotation marks|apostrophes?|capital letters|articles?|punctuation marks)(?: (?:to|in) (?:the|this) (?:sentence|text|paragraph|passage)| where (?:necessary|needed|appropriate))?{_WHOLE}",
        rf"^(?:(?:choose|find|identify|select|pick|circle) the (?:word|one|item|number|sentence|phrase) (?:that|which)|which (?:word|one|item|number|sentence|phrase|of the (?:two|three|four) (?:words|sentences|items|options|phrases))) (?:does(?: not|n['’]t) (?:belong|fit)|is (?:grammatically )?(?:correct|incorrect|different|wrong|misspelled|longer|shorter))(?: (?:in|from|with|to) the (?:group|list|others|rest|set|others in the group))?{_WHOLE}",
        rf"^what(?:['’]s| is| are| comes)?(?: the)? (?:missing (?:word|number|letter)s?|next (?:number|word|letter|term|step)?|pattern)(?: in (?:the|this) (?:sequence|series|sentence|pattern|list))?{_WHOLE}",
        rf"^(?:what (?:type|kind|sort|genre|style) of [a-z ]+ is this|what language is this|which language is this|is this (?:argument|statement|sentence|claim|reasoning|equation|code|email|text) [a-z ]+){_WHOLE}",
        rf"{_PLEASE}(?:tell me (?:if|whether)|check|check (?:if|whether)|verify|verify (?:if|that)|see if|proof ?read) (?:this|the following) (?:sentence|text|statement|paragraph|essay|word|phrase|argument|code|equation)\b(?-i:{_LOW}*){_WHOLE}",
        rf"{_PLEASE}(?:find|calculate|measure|determine|compute) the (?:area|perimeter|volume|length|angle|size|height|circumference|measure) (?:of )?(?:the|this) (?:shape|shaded (?:region|area)|figure|missing (?:side|angle)|unknown (?:side|angle)|polygon|angle(?: shown)?)|{_PLEASE}(?:find|solve for) (?:the value of )?x(?: in the (?:equation|figure|triangle))?{_WHOLE}|{_PLEASE}measure the angle shown{_WHOLE}",
        rf"{_PLEASE}(?:refactor|optimi[sz]e|improve|debug|test|run|execute|comment|review|clean up) (?:the|this) code(?-i:(?: (?:to|so|for|and|by|with)\b{_LOW}*)?){_WHOLE}",
        rf"{_PLEASE}(?:match (?:the|each|these) [a-z]+ (?:with|to) (?:their|its|the) [a-z]+|label the parts of the (?:diagram|image|picture|figure)|draw (?:a )?conclusions? from the (?:data|graph|text|chart|passage|results))(?: [a-z]+)?{_WHOLE}",
        rf"{_PLEASE}(?:interpret|explain|summari[sz]e|analy[sz]e|discuss|describe|report) the (?:results|findings|meeting|lecture|chapter|discussion|conversation|interview|speech|presentation|plot of the (?:movie|film|book|story|novel|play))(?: of the (?:experiment|study|survey|poll|test|research))?{_WHOLE}",
        rf"{_PLEASE}(?:describe|analy[sz]e|identify|explain|discuss|interpret|what is|determine) (?:the )?(?:author['’]s (?:tone|purpose|argument|point of view|message|attitude)|(?:use of )?(?:setting|tone|theme|mood|main characters?|protagonist|plot|symbolism|imagery|metaphors?|speaker|conflict|moral|narrator|climax|main idea|message|structure) (?:of|in) the (?:story|poem|book|novel|passage|text|play|movie|film|article|song|essay)){_WHOLE}",
        rf"{_PLEASE}translate (?:this|these|the following) (?:in)?to (?:[A-Z])?[a-z]+{_WHOLE}",
    )
)  # fmt: skip
ANNOUNCED_OTHERWISE = r"(?i)\b(?:functions?|code (?:to|that|for)|programs?|algorithms?|script|sql|query|how (?:would|do|does|can|to|could)|implement|return|in general|usually|example|create|write an?|generate|design|imagine|suppose|difference)\b"
# One's own text that does not follow, a question about a passage, things that are listed nowhere: the colon may stand there.
_OWN_TEXT = r"(?:texts?|essays?|letters?|e-?mails?|paragraphs?|stor(?:y|ies)|poems?|articles?|reports?|speech|cv|resume|résumé|cover letter|homework|translation|answers?|messages?|drafts?|thesis|abstract|sentences?|summar(?:y|ies)|blog post|introduction|conclusion|assignment|manuscript|chapter|proposal|application|bio|caption|post|haiku|lyrics)"
UNGIVEN = "|".join(
    (
        rf"{_PLEASE}(?:correct|edit|proof ?read|improve|check|rewrite|shorten|translate|summari[sz]e|grade|rate|review|critique|polish|fix|continue|assess|evaluate|mark|comment on|give (?:me )?feedback on|reword|rephrase|paraphrase|expand|simplify) (?:my|our|his|her|their) (?:[a-z]+ ){{0,2}}?{_OWN_TEXT}(?:,? (?:please|for (?:grammar|spelling|clarity|errors|mistakes|style)|(?:in)?to [A-Z]?[a-z]+))?\s*[:.!?]?\s*$",
        rf"^here(?:['’]s| is| are) (?:my|our|the|an?) (?:[a-z]+ ){{0,2}}?{_OWN_TEXT}[,.;:]? (?:please |can you |could you |now )?(?:grade|rate|correct|check|edit|review|summari[sz]e|translate|improve|critique|proof ?read|fix|mark|shorten|comment|give|tell|what|is|how)\b[^:\n\"“”]{{0,50}}[:.!?]?\s*$",
        r"\b(?:from|in|using|according to|based on) the (?:given |following |above )?(?:paragraph|passage|text|article|story|excerpt|poem|transcript|document)\s*: [a-z][^:\n\"“”]{5,90}\?\s*$",
        r"^(?:which|what|how many|who)\b[^:\n\"“”0-9]{0,40}\b(?:options?|choices|items|points|candidates|products|alternatives|answers|statements|names|words|dishes|sentences|books|cities|people) (?:listed|given|shown|above|below|mentioned|provided|i (?:gave|listed|sent|named))(?: (?:is|are|was|were|does|do|has|have|costs?|fits?|would|can|should|belongs?|comes?|makes?)\b[^:\n\"“”0-9,]{0,30})?\?\s*$",
        r"\b(?:text|essay|letter|e-?mail|paragraph|story|poem|article|passage|draft|list|table|message|report|transcript|abstract|notes) (?:that )?i(?:['’]ve| have)? (?:just )?(?:wrote|written|pasted|sent|shared|gave|copied|attached|typed|posted)(?: (?:you|above|below|here|earlier))?\b[^:\n\"“”]{0,40}[:.?!]?\s*$",
    )
)  # fmt: skip
UNGIVEN_HINT = r"(?i-u:\b(?:my|our) |\b(?:listed|given|shown|mentioned|provided|above|below)\b[ -~]{0,40}\?|(?:paragraph|passage|text|article|story|excerpt|poem|script|document) ?: |\bi(?:'ve| have)?[ \t]+(?:just[ \t]+)?(?:wrote|written|pasted|sent|shared|gave|copied|listed|named|typed|posted|attached)\b|^here(?:'s| is| are) )"
UNGIVEN_OTHERWISE = r"(?i)\b(?:how (?:do|can|should|would|to)|ways|tips|advice|writing|skills|write|imagine|example|generate|create)\b"
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
_BY_NAME = r"(?: (?:about|on|of|from|for|with|showing|containing|discussing|describing|over)\b[^\n:.!?\"“0-9]+| (?:for|from|of|over) (?:19|20)\d\d)?\.?\s*$"
_FILE = r"[\w-]+\.(?:png|jpe?g|gif|bmp|pdf|docx?|mp3|mp4|wav|avi|mov|xlsx?|pptx?|zip)\s*$"
# An order, and below it the name of what it is about.
NAMED = "|".join(
    (
        *(
            rf"^(?:please )?{_WORKS_ON}\b[^\n:]*\b(?:{order})\b[^\n:]*\n+\s*(?:the |an? |some |my )?{thing}{_BY_NAME}"
            for order, thing in _KINDS
        ),
        rf"^[^\n]+\n+\s*{_FILE}",
        r"^(?:please )?(?:describe|analy[sz]e|identify|crop|edit|resize|rotate|enhance|recogni[sz]e|detect|interpret|explain|count)\b[^\n:]*\b(?:image|picture|photo|photograph|painting|graph|chart|figure|drawing|scene|objects?)s?\b[^\n:]*\n+\s*[(\[]?(?:the |an? )?(?:image|picture|photo|photograph|painting|drawing|bar chart|bar graph|pie chart|line graph|chart|graph)[:,]? (?:of|showing|with)\b[^\n:.!?\"“0-9]+[)\]]?\.?\s*$",
        r"^[^\n]+\n+\s*(?:[\[(<]?(?:company name|book title|movie title|song title|product name|code snippet|article text|text here|user'?s? input|your name|person'?s name|topic name|city name|url)[\])>]?)\s*$",
        r"^[^\n]+\n+\s*[<\[(]\s*(?:the |your |insert |some )*(?:code|program|function|script|query|code snippet|data|dataset|image|photo|video|audio|file)(?: here)?\s*[>\])]\s*$|^[^\n]+\n+\s*(?:code|text|data|article|image) here\s*$",
        r"^[^\n]*\b(?:summari[sz]e|describe|extract|review|analy[sz]e|evaluate|rate|critique|read|list|find|summary)\b[^\n]*\b(?:article|link|website|web ?page|page|site|post|blog|video|news|content|contents)\b[^\n]*\n+\s*(?:[a-z]+: ?)?[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|edu|gov|io|co\.uk|co|uk|de)(?:/[^\s]*)?\s*$",
        r"^[^\n]+\n+\s*(?:text|input|sentence|passage|article|paragraph|word|question|list|code|data|email|document)\s*:\s*$",
    )
)  # fmt: skip
HINT = rf"(?i)(?:\b(?:the|these|those|this) (?:[a-z'-]+ ){{0,3}}?(?:{_TEXT}|image|picture|photo|graph|chart|map|diagram|figure|infographic|odd|missing|{_THINGS}|below|above|cover letter|description|clues?|hints?|symptoms|ingredients|information|results|evidence|details|context|joke|riddle|puzzle|quiz|question|problem|crossword|clues|input|provided|given|adjectives?|adverbs?|nouns?|verbs?|unnecessary|group|sequence|series|pattern|area|perimeter|angle|value of x|results|findings|meeting|lecture|plot|author['’]s|setting|theme|tone|mood|moral|shape|parts)\b|\b(?:these|the following|the below)\b|^given (?:an?|two|three|four|some) |you(?:['’]re| are| will be) (?:given|provided|presented)|(?:here|below|following) is an? |there (?:is|are)\b[^\n]* in (?:this|the)|this (?:is|in)|is this|where (?:necessary|needed|appropriate)|(?:add|insert) [a-z ]{{0,20}}(?:punctuation|comma)|does(?: not|n['’]t) (?:belong|fit)|which sentence|missing (?:word|number|letter)|comes next|solve for x|the angle|match )"
NAMED_HINT = (
    r"(?i)\n\s*(?:[\w-]+\.[a-z34]+|(?:[a-z]+: ?)?[\w.-]+\.(?:com|org|net|edu|gov|io|co|uk|de)(?:/\S*)?|[\[(<][a-z ']+[\])>]|[a-z]+ ?:|(?:company|product|your|person'?s?|topic|city) name|(?:book|movie|song) title|code snippet|article text|users? input|user's input|(?:text|code|data|article|image) here|url)\s*$"
    r"|\n\s*[(\[]?(?:the |an? |some |my )?(?:[a-z]+ ){0,2}?(?:data|dataset|database|table|spreadsheet|csv file|statistics|survey results|article|text|passage|paragraph|essay|report|story|document|paper|post|poem|speech|excerpt|e-?mail|letter|message|review|resume|cv|chart|graph|diagram|map|plot|recording|audio|podcast|video|clip|episode|snippet|code|program|function|script|image|picture|photo|photograph|painting|drawing)[:,]?(?: (?:about|on|of|from|for|with|showing|containing|discussing|describing|over|clip|file|recording|episode|snippet)\b|\.?\s*$)"
)
