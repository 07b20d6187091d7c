"""Files, programs and repositories that a prompt speaks of as if they were there, a part of missing-text and missing-media.

Each is a whole prompt of one line. What is general about a file ("What is package.json for?"), and orders for a program
that reads one, are left alone.
"""

from __future__ import annotations

_PLEASE = r"^(?:please |pls |can you |could you |would you |hey,? |hi,? |now |then |ok(?:ay)?,? )*"
_NAME = r"(?:[a-z0-9_-]+/)*(?-i:[a-z0-9_][A-Za-z0-9_-]*|[A-Z]+|README|Makefile)\.(?:py|ts|tsx|jsx|c|cc|cpp|h|hpp|java|rb|go|rs|php|kt|swift|ya?ml|json|jsonl|csv|tsv|xlsx?|txt|md|log|toml|ini|ipynb|sql|css|sh|docx?|pdf|pptx?|xml|conf|cfg|env|db|parquet|zip|rtf|odt)\b"
_SCRIPT = r"(?-i:[a-z][a-z0-9_-]{1,20})\.js\b"
_FILE = rf"(?:(?:the |my |our )?(?:attached |uploaded |enclosed )?(?:file )?[\"'`“]?(?:{_NAME}|{_SCRIPT})[\"'`”]?)"
_WORK = r"(?:open|read|check|review|refactor|fix|debug|summari[sz]e|analy[sz]e|look (?:at|into|through)|go through|import|load|parse|clean up|complete|finish|update|edit|proofread|test|run|execute|lint|format|document|inspect|search|scan|explain|extract|optimi[sz]e|improve|translate|transcribe)"
_THING = r"(?:code|program|script|function|class|module|repo|repository|project|notebook|dockerfile|makefile|pull request|pr|merge request|branch|commits?|diff|query|stack trace|traceback|logs?|build|pipeline|config(?:uration)?|schema|database|spreadsheet|workbook|unit tests?|tests?|library|package|codebase|migration|stylesheet|component|macro|formula)"
_END = r"\s*[?.!]?\s*$"
_REST = r"(?:[^\n:\"“”`;{}()=]{0,80})"

# A file by its name, which something is to be done with or told of.
NAMED = "|".join(
    (
        rf"{_PLEASE}{_WORK} {_FILE}{_REST}{_END}",
        rf"{_PLEASE}(?:compare|diff|merge) {_FILE} (?:with|to|and|against) {_FILE}{_REST}{_END}",
        rf"{_PLEASE}(?:convert|turn|put) (?:my |the )?[a-z]{{3,12}} (?:in|from|of) {_FILE}{_REST}{_END}",
        rf"{_PLEASE}(?:how many (?:rows|lines|columns|functions|entries|records|words|pages|errors|duplicates)|which (?:functions|lines|rows|columns|keys|tests|classes|methods|variables))\b[^\n:\"“”`;{{}}()=.]{{0,40}}\b(?:in|of|does|do|has|from) {_FILE}(?: (?:have|contain|has|define|fail|are|is|missing|unused|wrong))*{_REST}{_END}",
        rf"{_PLEASE}(?:find|fix|list|count|show me|tell me|give me|extract|remove|rename|what (?:is|are)|where (?:is|are)) (?:the |all |all the |any )?[a-z][^\n:\"“”`;{{}}()=.]{{2,50}} (?:in|of|from) {_FILE}{_END}",
        rf"{_PLEASE}why (?:does|is|do|are|won['’]t|doesn['’]t) (?:line \d+ (?:of|in) )?{_FILE} (?:fail|crash|throw|give|not|raise|so|break|hang|slow|empty)[a-z]*{_REST}{_END}",
    )
)  # fmt: skip
_HERE = r"(?:i|we)(?:['’]ve| have)? (?:just )?(?:uploaded|pushed|attached|sent|shared|pasted|committed|opened|posted|linked|submitted)(?: (?:you|to you|here|above|below|earlier|today|yesterday))?"
# The asker's own code, or some that was handed over.
OWN = "|".join(
    (
        rf"{_PLEASE}(?:review|run|execute|debug|fix|refactor|optimi[sz]e|test|improve|document|lint|clean up|complete|finish|deploy|compile|merge|approve|check|look at|profile|add [a-z ]{{3,24}} to|write (?:unit )?tests for|find (?:the|a|all|any) [a-z ]{{0,12}}?(?:bugs?|errors?|leaks?|problems?|issues?) in) (?:my|our) (?:[a-z+#]+ ){{0,2}}?{_THING}\b(?: (?:and|so|for|to|on|in|that|before|please)\b{_REST})?{_END}",
        rf"\b{_THING} (?:that )?{_HERE}{_REST}{_END}",
        rf"\b(?:attached|uploaded|enclosed|linked|above|included) (?:[a-z]+ )?(?:notebook|dockerfile|makefile|repo|repository|pull request|branch|diff|stack trace|traceback|query|schema|module|script|program|function|class|config|spreadsheet|workbook|zip|archive|log)\b{_REST}{_END}",
        rf"\b{_THING} (?:in|from) (?:the|this|my) (?:attachment|upload|link|zip(?: file)?|archive|enclosed file|attached file|file (?:i|we) [a-z]+)\b{_REST}{_END}",
        rf"{_PLEASE}what(?:['’]s| is) wrong (?:with|in) (?:my|our) (?:[a-z+#]+ )?{_THING}{_END}",
        rf"^(?:why|what|where|how)\b[^\n:\"“”`;{{}}()=.]{{0,24}}\bmy (?:[a-z+#]+ )?{_THING}\b[^\n:\"“”`;{{}}()=.]{{0,40}}\b(?:in|on|at) (?:line|cell|row|column|step) [0-9]+{_END}",
        rf"{_PLEASE}(?:find|fix|spot|explain|debug|what(?:['’]s| is)|where(?:['’]s| is))\b[^\n:\"“”`]{{0,40}}\b(?:in|of) (?:this|the following|the given) (?:[a-z+#]+ )?(?:function|script|program|class|query|method|loop|regex|snippet|sql|module|macro)\s*:\s*$",
        r"^(?:in|on) (?:the|my) (?:repo|repository|branch|codebase|project)(?: (?:i|we) [a-z]+)?, [^\n:\"“”`;{}()=]{3,80}$|\bin (?:my|our) (?:repo|repository|branch|codebase)\b[^\n:\"“”`;{}()=]{0,30}[.?!]?\s*$",
    )
)  # fmt: skip
# About such files in general, or an order for a program or a command.
OTHERWISE = (
    r"(?i)\b(?:usually|typically|generally|in general|commonly|purpose|used for|what is an? |what are |difference|how (?:do|does|can|to|would|should) |write (?:an? |the |me |some )?(?:[a-z]+ )?(?:script|program|function|code|command|class|query|e-?mail|letter|story)|python (?:script|code|program)|with pandas|using (?:python|pandas|bash|awk|sed|jq|grep|java|node|sql|r|excel)|in (?:python|pandas|bash|java|javascript|node|r|c|rust|go|php|ruby|perl|powershell|sql|linux|vim|excel)\b"
    r"|bash|shell|command(?: line)?|linux|terminal|gitignore|syntax|example|template|sample|create|generate|e-?mails?|letter|story|imagine|suppose|explain what [a-z.]+ (?:is|are))"
)
CODE_ANSWER = r"```|\bimport |open\(|\w\(\w*\)|;\s*(?:\n|$)|\$ |^\s*(?:git|mv|cp|cat|grep|wc|sed|awk|curl|npm|pip|docker|ls|head|tail|sort|python3?|node|jq|diff|chmod|rm|mkdir|find)\s"
HINT = r"(?i-u:\.(?:py|jsx?\b|ts|c\b|cpp|h\b|java\b|rb\b|go\b|rs\b|php|ya?ml|json|csv|xls|txt|md\b|log|toml|ini\b|ipynb|sql|sh\b|doc|pdf|ppt|xml|env\b|zip)|\b(?:my|our) |attached|attachment|uploaded|pushed|enclosed|linked above|pasted|(?:function|script|program|class|query|method|loop|regex|snippet|sql|module|macro) ?:|\b(?:i|we)(?u:['’])?(?:ve)?[ \t]+(?:just[ \t]+)?(?:sent|shared|commit|open|post|submit)|\b(?:repo|repository|branch|codebase)\b)"
