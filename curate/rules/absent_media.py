"""Pictures, recordings and screens that a prompt speaks of as if they were there, in more wordings: a part of missing-media.

Each is found in a prompt of one short line, or in the last line of a chat.
"""

from __future__ import annotations

_PLEASE = r"^(?:please |pls |can you |could you |would you |hey,? |hi,? |now |ok(?:ay)?,? |and )*"
# What is only ever looked at or listened to; a chart or a map may be drawn in words.
_SHOWN = r"(?:images?|pictures?|pics?|photos?|photographs?|screenshots?|screen ?grabs?|snapshots?|selfies?|snaps?|videos?|clips?|video clips?|recordings?|audios?|audio (?:files?|clips?|recordings?)|sound (?:files?|clips?)|voice ?(?:messages?|notes?|memos?|mails?)|x-rays?|mri|ct scan|scans?|portraits?|film stills?|stills?|memes?|gifs?|polaroids?|thumbnails?)"
_DRAWN = r"(?:diagrams?|charts?|bar charts?|pie charts?|graphs?|maps?|figures?|plots?|infographics?|drawings?|sketch(?:es)?|paintings?|blueprints?|floor ?plans?|slides?|posters?|cartoons?|logos?)"
_ANY = rf"(?:{_SHOWN}|{_DRAWN})"
_END = r"\s*[?.!]?\s*$"
_REST = r"[^:\"“”\n]{0,60}"
_ADJ = r"(?:[a-z-]+ ){0,2}?"
_GAVE = r"(?:uploaded|attached|sent|shared|linked|posted|recorded|took|pasted|included|drew|made|shot|scanned|added|provided)"
_HERE = rf"(?:i|we)(?:['’]ve| have)? (?:just )?{_GAVE}(?: (?:you|to you|here|above|below|earlier|today|yesterday))?"

PATTERN = "|".join(
    (
        # "What breed is the dog in my photo?", "Translate the menu on the photo."
        rf"\b(?:in|on|of|from|at|to|with|about) (?:my|our|the (?:attached|uploaded|enclosed|shared|linked)) {_ADJ}{_SHOWN}\b[^:\"“”\n]{{0,40}}{_END}",
        rf"{_PLEASE}(?:translate|read|read out|count|identify|name|list|find|describe|date|estimate|guess|recogni[sz]e|transcribe|circle|mark|locate|what|who|whose|which|how many|how much|how old|how tall|where|is|are|does|do|can you see)\b[^:\"“”\n]{{0,60}}\b(?:in|on|from|of) (?:the|this|that|these|those) (?:[a-z]+ )?{_SHOWN}{_END}",
        # "Rate my selfie.", "Edit the photo so that the sky is blue."
        rf"{_PLEASE}(?:transcribe|caption|subtitle|listen to|play|watch|rate|crop|edit|rotate|resize|retouch|enhance|colou?ri[sz]e|sharpen|brighten|blur|tag|zoom (?:in|into)|look at|take a look at|have a look at|check out|view|inspect|decode|dub) (?:the|this|my|our|that|these|both) {_ADJ}(?:{_SHOWN}|podcast(?: episode)?|episode|lecture|song|track|call|interview|{_DRAWN})\b(?: (?:and|so|to|into|for|please|above|below|in|of|i)\b{_REST}|[:,] {_REST})?{_END}",
        # "Here's a screenshot of the error message. What should I do?"
        rf"^here(?:['’]s| is| are|['’]re) (?:an?|the|my|some|our|two|three) (?:[a-z]+ )?{_SHOWN}\b(?: (?:of|from|with|showing|that)\b[^:\"“”\n.,]{{1,60}})?[.,:;]{_REST}{_END}",
        rf"\bi(?:['’]ve| have)? (?:just )?(?:took|snapped|recorded|uploaded|attached|sent you|linked|posted|shot) (?:an?|the|this|some|two) (?:[a-z]+ )?{_SHOWN}\b[^:\"“”\n.,]{{0,60}}[.,;] (?:is (?:it|this|he|she)|what(?:['’]s| is) (?:it|this|wrong)|what kind|what species|which|what do you|can you (?:tell|identify|see|name)|who|any idea|do you (?:know|recogni[sz]e))\b{_REST}{_END}",
        rf"\b{_ANY} (?:that )?{_HERE}\b{_REST}{_END}|[(\[](?:see )?{_ANY} (?:is )?(?:attached|enclosed|below|above|included|here)[)\]]|[(\[](?:see|attached:?|enclosed:?) (?:the )?(?:attached )?{_ANY}[)\]]",
        rf"\b(?:does|do|did|can) (?:the|this|these|my) {_ADJ}{_SHOWN} (?:show|say|tell|look|depict|indicate|reveal|contain|sound)\b{_REST}{_END}",
        rf"\b(?:this|these) (?:[a-z]+ )?{_SHOWN}\b[^:\"“”\n]{{0,40}}(?:: [^\n\"“”]{{3,60}})?{_END}|^which of (?:these|the) (?:two|three|four) {_ANY}\b{_REST}{_END}",
        rf"\b(?:in|on|from|see|per) (?:the|this) (?:[a-z]+ )?{_ANY} (?:shown|above|below|attached|provided|here|on the (?:left|right))\b[,.;]?{_REST}{_END}|^(?:see|look at|consider|study) (?:the|this) (?:[a-z]+ )?{_ANY} (?:above|below|attached|here)\b[.,;:]?{_REST}{_END}",
        rf"{_PLEASE}(?:describe|explain|interpret|read|analy[sz]e|summari[sz]e|translate|label|compare) (?:the|this|these) (?:[a-z]+ ){{0,2}}?{_ANY} (?:above|below|attached|here)\b{_REST}{_END}",
        rf"\b(?:in|on|from) the (?:attached |uploaded )?(?:sound (?:file|clip)|audio(?: file| clip)?|recording|voice ?(?:message|note|memo|mail))(?: (?:does|do|is|are|did|was|were|can|sounds?|all|at|when|speaking|talking|playing|singing|heard|and)\b{_REST})?{_END}",
        rf"^(?:[a-z ]{{0,24}})?\b[\w-]+\.(?:jpe?g|png|heic|webp|tiff?|bmp|gif|mp3|mp4|wav|m4a|mov|avi|flac|ogg|mkv)\b[^:\"“”\n]{{0,60}}{_END}|{_PLEASE}(?:describe|transcribe|caption|what|who|which|how many|where|identify|listen|watch|look)\b[^:\"“”\n]{{0,60}}\b[\w-]+\.(?:jpe?g|png|heic|webp|tiff?|bmp|mp3|mp4|wav|m4a|mov|avi|flac|ogg|mkv)\b{_REST}{_END}",
    )
)  # fmt: skip
# No medium is meant, or one is to be made or spoken of.
OTHERWISE = (
    r"(?i)\b(?:image|picture|photo|video|audio|map|graph|chart|recording|clip|scan|drawing|sketch|figure|plot|still|poster|slide|sound|voice|logo)s? (?:books?|games?|studios?|editors?|editing|processing|recognition|file formats?|formats?|frames?|albums?|cameras?|cards?|stores?|channels?|players?|quality|resolution|sizes?|theor(?:y|ies)|algorithms?|functions?|data|skat\w+|life|art|files? (?:in|on|with)|conferenc\w+|call|tutorials?|description|database|generation|models?|calls|actors?|coach|lessons?|software|app|tag|element|format|compression|sensor)\b"
    r"|\b(?:write|compose|draft|story|poem|dialog(?:ue)?|imagine|pretend|how (?:do|can|to|would|does|should|could)|html|css|python|javascript|bash|ffmpeg|code|function|script|alt[ -]text|markdown|website|create|generate|design|example|render|draw a|paint a|famous|called|titled|entitled|movie|film|novel|game|wikipedia|download|convert|in general|usually|difference|meme (?:culture|format))\b"
)
HINT = r"(?i-u:\b(?:imag|picture|pics?\b|photo|screen|snap|selfie|video|clip|record|audio|sound |voice|x-ray|mri\b|ct scan|scan|portrait|still|meme|gif|polaroid|thumbn|diagr|chart|graph|map|figure|plot|infogr|drawing|sketch|paint|bluepr|floor|slide|poster|cartoon|logo)|podcast|episode|lecture|\.(?:jpe?g|png|heic|webp|tiff?|bmp|gif|mp3|mp4|wav|m4a|mov|avi|flac|ogg|mkv)\b)"
