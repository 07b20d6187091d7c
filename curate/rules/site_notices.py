"""What the pages of the web show around a text: menus, buttons, notices."""

from __future__ import annotations

_SITES = r"(?:facebook|twitter|x|linkedin|pinterest|whatsapp|reddit|instagram|youtube|tiktok|telegram|tumblr|e-?mail|print)"
_PLACES = (
    r"(?:home|about(?: us)?|contact(?: us)?|log ?in|sign (?:in|up)|register|search|menu|news|blog|faq|shop|cart|help|privacy(?: policy)?|cookie policy"
    r"|terms(?: (?:of (?:use|service)|and conditions|& conditions))?|sitemap|advertise|subscribe|careers|products|services|disclaimer|imprint)"
)
# What can be pressed; three of them in a row are no sentence.
_BUTTON = (
    rf"(?:{_PLACES}|(?:share|follow|tweet|like|email)(?: this| us)?(?: on {_SITES})?|pin it|{_SITES}|upvote(?: \d+)?|downvote|repl(?:y|ies)|report|save|bookmark|permalink|embed|parent|give (?:award|gold)|hide|flag"
    r"|cart(?: ?\(\d+\))?|my account|\d+ (?:comments?|shares?|likes?|views?|points?|upvotes?)|gle navigation|next|previous|prev)"
)
_ARROW = r"[|↑»«›‹^→←<>]"
_BROWSER = r"(?:javascript (?:is|must|to)|your browser (?:does not|doesn['’]t) support)"
# A line that is nothing but this; it would be too little to tell within a sentence.
LINES = (
    r"(?:(?:http )?error ?:? ?)?(?:401|403|404|410|429|500|502|503|504)(?: error)?(?: ?[-–:])? ?(?:not found|forbidden|unauthorized|access denied|internal server error|bad gateway|service (?:temporarily )?unavailable|gateway time-?out|too many requests|page not found)[^\n]{0,60}",
    r"(?:please )?(?:verify|confirm|checking|prove) (?:that |if )?(?:you are|you['’]re|the site connection|your browser)[^\n]{0,80}|(?:page|site) (?:cannot|can['’]t|could not) be (?:found|displayed|reached)[^\n]{0,60}|sorry, (?:the page|this page)[^\n]{3,80}",
    rf"{_PLACES}(?: *[|»>/·•] *{_PLACES}){{2,}}",
    r"(?:privacy policy|terms of (?:use|service)|cookie policy) *[|·•/]* *(?:privacy policy|terms of (?:use|service)|cookie policy|sitemap|contact(?: us)?)",
    rf"{_BUTTON}(?:[ |»>/·•]+{_BUTTON}){{2,}}",
    r"(?:(?:skip|jump) to (?:(?:main )?content|navigation|search) *)+",
    r"(?:home ?(?:>|»|›|→|/|::) ?|you are here: ?)[^\n.]{3,80}",
    rf"(?:(?:(?:you must|please) )?enable javascript|{_BROWSER})\b[^\n]{{0,80}}",
    r"(?:please )?(?:log|sign) in (?:or (?:sign up|register|create an account) )?to (?:continue|view|read|comment|reply|post|see|leave|access|download)[^\n]{0,40}|already (?:have an account|a (?:member|subscriber))\?[^\n]{0,40}",
    r"[^\n]*\bfiled under: [^\n]{1,60}|(?:posted|filed) in:? [a-z ]{3,30}(?:, [a-z ]{3,30})*(?: *[|·•] *[^\n]{1,60})?|(?:categories|tagged(?: as| with)?): ?[a-z][^\n.]{2,80}",
    r"(?:click here to )?(?:read|see|show|load|view) (?:more|the (?:full|rest of the) (?:article|story|post)|full (?:article|story|post))(?: (?:»|>+|…|\.{3}|→|&raquo;)|…|\.{3})",
    rf"click (?:here|the (?:link|button)(?: below)?) (?:to|for) (?:sign up|subscribe|register|download|read|learn|see|view|buy|order|get|join|log in|share|find out|more|continue|the full)\b[^\n]{{0,60}}|(?:continue reading|read the full (?:article|story|post)|learn more) ?{_ARROW}[^\n]{{0,40}}",
    r"(?:click here to )?(?:subscribe to|sign up for|join) (?:our|the|this) (?:[a-z]+ ){0,2}?(?:newsletter|mailing list|channel|blog)\b[^\n]{0,60}|(?:sign up|subscribe|register|join|order|buy|shop|book) (?:now|today)(?: for free)?|enter your e-?mail[^\n]{0,60}",
    rf"(?:share (?:this(?: (?:article|post|page|story|entry|recipe|with your friends))?|on|via|to)|(?:follow|like|find) us(?: on)?|tweet this) ?:? ?{_SITES}(?:(?:[ ,|/·•]+(?:and |share (?:on|via|to) )?){_SITES})*",
    r"(?:share|tweet|print|email|pin|save|rate|bookmark|like) this (?:article|post|page|story|entry|recipe)(?: (?:with|on) [^\n]{3,30})?(?: *[:|]| \([^\n]{3,20})?",
    rf"{_SITES}(?:[ |/·•]+{_SITES}){{2,}}",
    r"(?:copyright )?(?:©|\(c\)) ?(?:copyright )?\d{4}(?: ?[-–] ?\d{4})?[^\n]{0,60}",
    r"[^\n]{0,60}\ball rights reserved\.?",
    r"(?:we|this (?:web)?site|our (?:web)?site) uses? cookies\b[^\n]{0,120}|by (?:continuing|using|browsing|clicking)\b[^\n]{3,60} you (?:agree|accept|consent)[^\n]{0,80}",
    r"(?:(?:accept|reject|allow) (?:all )?cookies|(?:cookie|manage) (?:settings|preferences|cookies)|accept all|got it!?)(?: *[|·•/]? *(?:reject all|manage (?:settings|preferences|cookies)|cookie (?:settings|policy)|decline|to continue))*",
    r"(?:posted|published|written|last (?:updated|modified|edited)) (?:by|on|in) [^\n]{3,60}(?:\||·|•| at \d)[^\n]{0,60}",
    r"(?:posted|published|updated|submitted) (?:by (?:u/)?[\w-]+ )?(?:on )?(?:\d{1,2} (?:minute|hour|day|week|month|year)s? ago|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2}, \d{4})(?: by [^\n]{2,40})?",
    r"\d{1,2} min(?:ute)?s? read|(?:estimated )?reading time:? ?\d{1,2} ?min[a-z]*|page \d{1,3} of \d{1,3}|viewed \d[\d,.k]* times|asked \d+ (?:day|month|year)s?(?:, \d+ months?)? ago",
    r"\d+ (?:comments?|shares?|likes?|views?|points?|upvotes?|replies)(?: *[|·•]? *\d+ (?:comments?|shares?|likes?|views?|replies|(?:minute|hour|day|week|month|year)s? ago))+|comments? ?\(\d+\)|\d+ e found th this helpful",
    r"(?:share )?improve this (?:answer|question)(?: follow)?|add a comment(?: *[|·] *\d*)?|(?:login|log in|sign in) to (?:comment|reply|post)",
    r"(?:leave a (?:comment|reply)|you must be logged in to (?:post a )?comment|log in to reply|view all comments|be the first to comment)[.!]?",
    r"(?:was|is|did you find) this (?:article|page|post|story|guide|answer|information) (?:helpful|useful)\?[^\n]{0,30}|rate this (?:article|page|post|recipe)[^\n]{0,30}",
    r"(?:advertise?ment|sponsored(?: (?:content|post|links))?|related (?:articles|posts|stories|topics|searches|content)|you (?:may|might) also (?:like|be interested in)|trending now|recommended for you|most (?:popular|read)|more from [^\n]{2,30}):?(?: *(?:-|–|—|:|\|) *[^\n]{3,60})?",
    r"(?:story|article|post|content) continues (?:below|after)(?: (?:this )?(?:advertise?ment|ad))?|continue reading below",
    rf"(?:{_ARROW}+ *)?(?:back to top|return to top|previous (?:post|article|page|story)|next (?:post|article|page|story)|older (?:posts|entries)|newer (?:posts|entries))(?:(?: *[|↑»«^→←›‹:] *| +(?:next|newer) )[^\n]{{0,40}})?",
    rf"{_ARROW} ?(?:previous|prev|back|next)(?: *[|·•]? *next)? *{_ARROW}?|(?:previous|prev) *[|·•] *next *{_ARROW}*",
    r"tags?: *#?[a-z]+(?:, *#?[a-z]+){2,}",
    r"(?:proudly )?powered by (?:wordpress|blogger|disqus|shopify|drupal|vbulletin|phpbb|google|mediawiki|squarespace|wix)[^\n]{0,40}|site by [a-z]+ *[|·•][^\n]{1,40}",
    r"add to (?:cart|basket|bag|wish ?list)(?: *[|·•/]? *(?:buy (?:it )?now|add to (?:wish ?list|cart|compare)|in stock))*|free shipping on (?:all )?orders[^\n]{0,40}|only \d+ left in stock[^\n]{0,40}",
    r"(?:photo|image|picture)(?: credit|s)?(?: ?: ?(?:getty|shutterstock|istock|unsplash|pixabay|reuters|ap|afp|courtesy)| by [a-z .]{3,30} (?:on|from|via) (?:unsplash|pexels|pixabay|flickr))[^\n]{0,60}|(?:getty images|shutterstock|istock)(?: */ *[^\n]{2,40})?",
    r"(?:you have|you['’]ve) (?:reached|read|used) [^\n]{0,30}(?:free )?articles?[^\n]{0,40}|(?:subscribe|register|sign in) to (?:continue|keep) reading[^\n]{0,40}|this (?:article|content) is (?:only )?(?:for|available to) (?:subscribers|members)[^\n]{0,40}",
    r"(?:download|get) (?:our|the) (?:free )?app(?: (?:now|today|on|from|for)\b[^\n]{0,60})?|(?:available|download) on the app store[^\n]{0,40}|don['’]t forget to (?:like|subscribe|share)\b[^\n]{0,60}|this page was last (?:edited|modified|updated)[^\n]{0,60}",
)
# The same before the first sentence or behind the last one, where it is said at length.
EDGES = (
    r"(?:accept (?:all )?cookies to continue|(?:we|this (?:web)?site|our (?:web)?site) uses? cookies[^.\n]{0,120}|(?:please )?(?:enable|turn on) javascript[^.\n]{0,60}|by continuing to (?:use|browse) (?:this|our) (?:web)?site[^.\n]{3,100})",
    r"(?:(?:click here|sign up|subscribe) (?:to|for) (?:subscribe|sign up|read more|our (?:free |weekly |daily )?newsletter|the full (?:article|story))[^.\n]{0,60}|don['’]t forget to (?:like and subscribe|subscribe)[^.\n]{0,60}|follow us on (?:facebook|twitter|instagram)[^.\n]{0,60}|(?:click|tap) (?:here|the (?:link|button)(?: below)?) to (?:learn more|download|sign up|subscribe|buy|order)[^.\n]{0,60})",
)
# A word of each, as short as tells it. A screen takes so many at once, and has room for few.
HINTS = (
    r"»|·|•|›|←|→|↑|«|‹|©|\(c\)|'''|\{\{|\[\[|(?m:^==)|<ref|\[edit\]|\[(?:read|cont)",
    r"(?i-u:home (?:>|\||/|:)|are here:|(?:menu|about|contact|login) \||privacy p|terms of (?:us|se)|cookies|to (?:main c|content|navig)|(?:read|see|load|view|show) more|full (?:art|sto)|click (?:here|the l|the b)|continue read|continue gen|sign up|(?:register|shop|buy|order|subscribe) now|subscribe to|enter your e"
    r"|(?:hare|weet|rint|mail) this|share (?:on|via)|follow us|find us on|like us on|rights res|posted (?:by|on|in)|published o|updated on|last upd|last edi|log in (?:to|or)|login to|sign in (?:to|or)|logged in|ready ha|ready a |advertis|sponsored|home/)",
    r"(?i-u: comments|a comment|a reply|to comment|\nrelated|also like|trending n|recommended f|\nmost |more from|to top|(?:previous|next|older|newer) p|tags?:|tagged|categories:|filed under|javascr|your browser|upvote|downvote|pin it|my account|gle nav|faceboo|interest |accept all|reject all|got it"
    r"|min read|ute read|ading time|viewed|\nasked|e found th|improve this| helpful\?| useful\?|prev \||previous \||s ago)",
    r"(?i-u:add to (?:cart|ba|wi)|free shipp|left in st|getty|unsplash|free art|articles this|keep read| subscribers|our app|the app |free app|app store|forget to (?:l|s)|page was l|you agree|permalink|powered by"
    r"|not found|forbidden|denied|r error|gateway|navailab|unauthor|many req|checking|a human|be (?:found|displ|reach)|sorry, th|continues (?:bel|aft)|photo cred|photo: |\npage |join our)",
)
