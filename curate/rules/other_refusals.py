"""Refusals in other languages than English: whole short answers that say no and nothing else.

A language has a line of excuses, and lines of what may follow them. An answer that tells what cannot be had ("We do not
deliver to islands") is an answer; one that names the request, the asked one's rules or abilities, or itself, is none.
The expressions are Rust's, with Unicode's letters (where counting characters is dear: a short text bounds them as well); they are only asked of short texts that hold one of the words of
`HINT` or another script than Latin.
"""

from __future__ import annotations

import re

_REST = r"[^.\n。！？؟।]*"


def _spelled(arabic: str) -> str:
    """Arabic letters as people type them: alef with or without its hamza, yeh with or without its dots."""
    for letters in ("اأإآ", "يى", "ةه"):
        arabic = re.sub(rf"[{letters}]", f"[{letters}]", arabic)
    return arabic


# Arabic vowels, which few people write.
VOWELS = r"[\u064b-\u0652\u0640]"
_EXCUSES = "|".join(
    (
        r"es tut mir (?:sehr |wirklich )?leid|tut mir (?:sehr |wirklich )?leid|leider|entschuldig(?:ung|e|en sie)|verzeih(?:ung|en sie)?|bedaure|ich bedaure|sorry|pardon",
        r"je suis (?:vraiment |sincèrement )?désolée?|(?:vraiment |sincèrement )?désolée?|malheureusement|je regrette|(?:toutes )?mes excuses|excusez-moi|veuillez m['’]excuser|navrée?|je suis navrée?|hélas|je m['’]excuse",
        r"lo siento(?: mucho)?|lo lamento|perd(?:ón|ona|one)|disculp(?:e|a|en)|mis disculpas|por desgracia|lamentablemente|desafortunadamente|desgraciadamente|me temo que|siento decir(?:te|le|lo)? que|lamento decir(?:te|le|lo)? que",
        r"desculpe?(?:-me)?|sinto muito|lamento(?: muito)?|peço desculpas?|minhas desculpas|infelizmente|perdão|receio que",
        r"mi (?:di)?spiace(?: molto)?|spiacente|sono spiacente|purtroppo|scus(?:a|i|ate)(?:mi)?|le mie scuse|chiedo scusa|perdona(?:mi)?",
        r"het spijt me|sorry|helaas|excuses|mijn excuses|przykro mi|przepraszam|niestety|wybacz(?:cie)?|tyvärr|förlåt|ursäkta|jag beklagar|beklager|desværre|dessverre|undskyld|anteeksi|valitettavasti|bohužel|promiňte|omlouvám se|sajnálom|îmi pare rău|din păcate|scuze",
        r"üzgünüm|maalesef|özür dilerim|kusura bakma(?:yın)?|ne yazık ki|malesef|xin lỗi|rất tiếc|tiếc là|maaf|mohon maaf|maafkan saya|sayangnya",
        r"извини(?:те)?|к сожалению|прости(?:те)?|прошу прощения|мне (?:очень )?жаль|сожалею|вибач(?:те)?|на жаль|перепрошую|λυπάμαι|συγγνώμη|δυστυχώς",
        _spelled(
            r"عذر(?:ا|ً)+|عفو(?:ا|ً)+|(?:[اأ]نا )?آسفة?|نأسف|متأسفة?|أعتذر(?: منك)?|نعتذر|للأسف(?: الشديد)?|مع الأسف|معذرة|المعذرة|يؤسفني|لسوء الحظ"
        ),
        r"क्षमा (?:करें|कीजिए|चाहता हूँ|चाहती हूँ)|माफ़? ?(?:करें|कीजिए|करना|कीजिएगा)|मुझे (?:खेद|अफ़सोस|अफसोस) है(?: कि)?|खेद है(?: कि)?|दुर्भाग्य(?:वश| से)|अफ़सोस|अफसोस|मुझे माफ़? करें|מצטער(?:ת)?|סליחה|לצערי|متأسفم|متاسفم|ببخشید|ขออภัย|ขอโทษ",
    )
)
_SORRY = rf"(?:(?:{_EXCUSES})[\s,.:;!،…—–-]*(?:(?:aber|mais|pero|mas|ma|però|maar|men|ale|но|але|ama|fakat|tetapi|tapi|nhưng|لكن|ولكن|लेकिन|परंतु|पर|कि|que|dass|che|že|że)\b[\s,،]*)?)*"

_EUROPEAN = (
    # German
    r"(?:als (?:ki|künstliche intelligenz|(?:reines? |großes )?sprachmodell|ai|(?:virtueller |digitaler )?assistent|chatbot)[^.\n]*?,? )?(?:ich )?(?:kann|darf|möchte|werde) (?:ich )?(?:ihnen |dir )?(?:(?:das|dies|diese[rnms]?|dazu|dabei|damit|darauf|darüber|hierzu|hierbei|ihre|deine) ?(?:anfrage|frage|bitte|anliegen|thema|wunsch)? ?)?(?:leider )?(?:nicht|nichts|keine (?:antwort|auskunft|hilfe|angaben|informationen))[^.\n]*",
    r"(?:das|dies|dazu|dabei|darauf|darüber|damit|hierzu|hierbei|diese frage|diese anfrage|ihre frage|deine frage) (?:kann|darf|möchte|werde|will) ich (?:ihnen |dir |mich )?(?:leider |lieber )?(?:nicht|nichts|keine (?:auskunft|antwort|angaben|stellung))(?: (?:beantworten|sagen|helfen|weiterhelfen|tun|machen|leisten|sprechen|äußern|antworten|kommentieren|diskutieren|dienen|eingehen|geben|bearbeiten|erfüllen|beziehen|nehmen))?",
    r"(?:das|dies|diese (?:anfrage|frage|information)|ihre anfrage|deine anfrage|die anfrage|dieses thema) (?:verstößt gegen|widerspricht|übersteigt|liegt außerhalb|geht über meine|ist (?:mir (?:leider )?(?:nicht (?:erlaubt|gestattet|möglich)|untersagt|verboten)|außerhalb meiner)|wurde (?:leider )?abgelehnt|fällt nicht in meinen)[^.\n]*|anfrage (?:abgelehnt|verweigert)|kein kommentar|antwort (?:nicht möglich|verweigert)",
    r"ich (?:muss (?:es |das |dies |diese \w+ |hier )?(?:leider )?(?:ablehnen|passen|verweigern)|lehne [^.\n]*ab|verweigere [^.\n]*|bin (?:nur eine? (?:ki|sprachmodell|programm|maschine|chatbot)|nicht (?:in der lage|befugt|berechtigt|dazu|dafür (?:programmiert|ausgelegt|gedacht)|autorisiert|darauf programmiert))|ziehe es vor[^.\n]* nicht|habe (?:keine(?:n)? (?:berechtigung|befugnis|zugriff|erlaubnis)|nicht die (?:befugnis|berechtigung|erlaubnis))|antworte (?:darauf |hierauf )?(?:lieber )?nicht|sage dazu (?:lieber )?nichts|möchte mich dazu nicht)[^.\n]*|(?:es ist )?mir (?:ist es )?(?:leider )?(?:nicht (?:möglich|erlaubt|gestattet)|untersagt)[^.\n]*|meine (?:richtlinien|regeln|vorgaben|programmierung) (?:erlaub|verbiet|lass|gestatt|untersag)\w*[^.\n]*",
    # French
    r"(?:en tant qu[^.\n]*?, )?je (?:ne (?:peux|puis|pourrai|saurais)|dois (?:refuser|décliner)|refuse)[^.\n]*(?:pas|répondre|cela|ça|aider|demande|question|suite)[^.\n]*|je ne suis (?:malheureusement )?pas (?:autorisée?|en mesure|capable|habilitée?|programmée?|censée?|conçue?|qualifiée?|à même|en droit)[^.\n]*|je n['’]ai (?:malheureusement )?pas (?:accès|le droit|l['’]autorisation|la permission|la possibilité|les droits|la capacité|les capacités|de réponse|d['’]avis|d['’]opinion|connaissance)[^.\n]*",
    r"(?:cela|ça|ceci|c['’]|cette (?:demande|question|requête|information)|ce (?:sujet|contenu)|votre (?:demande|question|requête)) ?(?:m['’]est (?:interdit|impossible|défendu)|ne m['’]est pas (?:permis|possible|autorisé)|va (?:à l['’]encontre|contre)|enfreint|viole|dépasse (?:mes|mon|le cadre|ce que)|sort (?:de|du)|(?:a été|est) (?:refusée?|rejetée?)|est (?:au-delà|hors|en dehors|contraire)|ne relève pas de mes|outrepasse|excède mes)[^.\n]*|(?:demande|requête) (?:refusée|rejetée)|(?:pas|aucun|sans) (?:de )?commentaire",
    r"je ne (?:souhaite|veux|désire) pas (?:répondre|en parler|aborder|commenter|discuter|faire cela)[^.\n]*|il m['’]est (?:malheureusement )?(?:impossible|interdit|défendu) (?:de|d['’])[^.\n]*|il ne m['’]est pas (?:possible|permis) (?:de|d['’])[^.\n]*|impossible pour moi (?:de|d['’]) ?[^.\n]*|je (?:dois|me vois|suis|me dois|préfère|regrette|vais|vais devoir|ne)[^.\n]*?\b(?:refuser|décliner|passer mon tour|m['’]abstenir|ne pas (?:répondre|aborder|en parler|commenter|m['’]exprimer|donner)|qu['’]une? (?:ia|intelligence|programme|modèle|robot|machine|assistant))[^.\n]*|mes (?:règles|directives|consignes|principes|instructions) (?:m['’]interdisent|ne (?:me )?permettent|ne m['’]autorisent|m['’]empêchent)[^.\n]*|je suis (?:juste|seulement|simplement) une? (?:ia|programme|modèle|robot|assistant)[^.\n]*",
    # Spanish
    r"(?:como (?:modelo de lenguaje|inteligencia artificial|ia|asistente|chatbot)[^.\n]*?, )?(?:no (?:puedo|podré|podría|me es posible|me resulta posible|soy capaz de|estoy (?:autorizad[oa]|en condiciones|programad[oa]|capacitad[oa]|facultad[oa])(?: a| de| para)?|tengo (?:permitido|permiso|autorización|acceso|la capacidad)|me está permitido|(?:deseo|quiero|voy a) (?:responder|contestar|hablar|hacer eso|opinar|comentar|ayudar))[^.\n]*(?:eso|esto|ello|ayudar\w*|contestar\w*|responder\w*|hacerlo|hacer|atender\w*|cumplir\w*|hablar de|esa|esta|a esa|a esta|proporcionar\w*|permitido|permiso|comentar|datos)?[^.\n]*|debo (?:negarme|rechazar|declinar|abstenerme)[^.\n]*|tengo que (?:negarme|rechazar|declinar)[^.\n]*|me niego a[^.\n]*|(?:prefiero|preferiría) no (?:responder|contestar|hablar|opinar|comentar|decir|hacerlo|entrar)[^.\n]*|(?:eso |esto )?(?:va|iría) en contra de mis[^.\n]*|soy (?:solo |sólo |solamente |simplemente )?una? (?:ia|inteligencia artificial|modelo de lenguaje|programa|asistente)[^.\n]*)",
    r"(?:eso|esto|ello|(?:esa|esta|su|tu|la) (?:petición|solicitud|pregunta|información)|ese tema|este tema) (?:queda|está|va|sale|supera|excede|escapa|sobrepasa|infringe|viola|contradice|ha sido rechazad|fue rechazad|se sale|incumple)[^.\n]*(?:fuera|de mis|mis|más allá|contra|alcance|polític|normas|directrices|capacidades|a)[^.\n]*|(?:solicitud|petición) (?:rechazada|denegada)|sin comentarios|mis (?:normas|directrices|políticas|reglas|instrucciones) (?:no (?:me )?(?:permiten|lo permiten)|me (?:impiden|prohíben))[^.\n]*",
    # Portuguese
    r"(?:como (?:um |uma )?(?:modelo de linguagem|inteligência artificial|ia|assistente)[^.\n]*?, )?(?:não (?:posso|consigo|poderei|me é (?:possível|permitido)|sou capaz de|estou (?:autorizad[oa]|programad[oa]|habilitad[oa])|tenho (?:permissão|autorização|acesso|como)|(?:quero|vou|desejo|gostaria de) (?:responder|falar|comentar|discutir|fazer isso|ajudar|opinar))[^.\n]*|(?:devo|tenho de|tenho que|preciso) (?:recusar|declinar)[^.\n]*|recuso-me[^.\n]*|prefiro não (?:responder|falar|comentar|opinar|dizer|fazer)[^.\n]*|(?:isso |isto |esse pedido |este pedido )?vai contra (?:as |os )?(?:minhas|meus)[^.\n]*|sou (?:apenas|só|somente) uma? (?:ia|inteligência|modelo|programa|assistente)[^.\n]*)",
    r"(?:isso|isto|(?:esse|este|o seu|seu) (?:pedido|tema|assunto)|(?:essa|esta|a sua|sua) (?:pergunta|solicitação|questão)) (?:está|fica|vai|ultrapassa|excede|viola|foge|foi|contraria|infringe|não está)[^.\n]*(?:fora|além|minhas|meus|recusad|rejeitad|negad|contra|do meu|das minhas|ao meu)[^.\n]*|(?:pedido|solicitação) (?:recusad|negad|rejeitad)[oa]|sem comentários|minhas (?:diretrizes|regras|políticas) (?:não (?:me )?permitem|me impedem|proíbem)[^.\n]*",
    # Italian
    r"(?:come (?:modello linguistico|intelligenza artificiale|ia|assistente)[^.\n]*?, )?(?:non (?:posso|potrò|sono (?:in grado|autorizzat[oa]|capace|programmat[oa]|abilitat[oa])|mi è (?:possibile|permesso|consentito)|riesco a|ho (?:il permesso|accesso|l['’]autorizzazione)|(?:voglio|desidero|intendo) (?:rispondere|parlar|commentare|discutere|aiutar|far))[^.\n]*|(?:devo|mi tocca|sono costrett[oa] a) (?:rifiutare|declinare|rifiutarmi)[^.\n]*|mi rifiuto[^.\n]*|prefer(?:isco|irei) non (?:rispondere|parlare|parlarne|commentare|dire|dirlo|farlo|esprimermi)[^.\n]*|(?:questo |ciò )?va contro le mie[^.\n]*|sono (?:solo|soltanto|semplicemente) un['’]?(?:a |o )?(?: ?)(?:ia|intelligenza|modello|programma|assistente)[^.\n]*)",
    r"(?:questo|ciò|(?:questa|la tua|la sua|tale) (?:richiesta|domanda)|questo argomento) (?:viola|esula|supera|va oltre|è (?:fuori|al di (?:fuori|là)|oltre|contrari[oa]|stat[oa] (?:rifiutat|respint))|non rientra|contravviene)[^.\n]*|richiesta (?:rifiutata|respinta|negata)|(?:nessun|no) comment[oi]?|le mie (?:linee guida|regole|direttive) (?:non (?:me )?(?:lo )?(?:permettono|consentono)|mi (?:impediscono|vietano))[^.\n]*",
    # Dutch, Polish, the north, Czech, Hungarian, Romanian
    r"(?:als (?:ai|taalmodel|assistent)[^.\n]* )?(?:ik kan|kan ik|ik mag|mag ik|ik ben|daar(?:op|bij|over|mee)? (?:kan|mag|wil) ik)[^.\n]*(?:niet|geen|niets)[^.\n]*|ik (?:moet (?:dit |dat |deze vraag )?(?:helaas )?weigeren|weiger|antwoord (?:daar |hier )?liever niet|geef daar liever geen|ben (?:maar|slechts) een (?:ai|taalmodel|programma))[^.\n]*|(?:dit|dat|(?:deze|uw|je) (?:vraag|verzoek)|dit verzoek) (?:valt buiten|gaat (?:mijn|tegen|buiten)|is in strijd|overtreedt|overstijgt|is geweigerd|is afgewezen)[^.\n]*",
    r"(?:jako (?:model językowy|sztuczna inteligencja|si|ai|asystent)[^.\n]*?,? )?(?:(?:ja )?nie (?:mogę|jestem w stanie|wolno mi|potrafię|jestem (?:upoważnion|zaprogramowan|uprawnion)\w*|mam (?:uprawnień|dostępu|pozwolenia|prawa)|chcę (?:odpowiadać|mówić|rozmawiać|komentować))[^.\n]*|(?:muszę|zmuszon\w+ jestem) (?:odmówić|odrzucić)[^.\n]*|odmawiam[^.\n]*|wolę nie (?:odpowiadać|mówić|komentować)[^.\n]*|wolał\w*bym nie[^.\n]*|(?:to|ta prośba|to pytanie|twoja prośba|pana prośba) (?:narusza|jest (?:niezgodne|sprzeczne|poza)|wykracza poza|przekracza moje|został\w* odrzucon)[^.\n]*|prośba odrzucona|bez komentarza|jestem tylko (?:ai|programem|modelem)[^.\n]*)",
    r"(?:jag kan (?:tyvärr )?inte (?:svara|hjälpa|göra|ge|besvara|diskutera|uttala|tillhandahålla)|jag måste (?:avböja|vägra|tacka nej)|jag får inte|jag är (?:inte (?:behörig|programmerad|tillåten)|bara en? (?:ai|språkmodell))|jeg kan (?:desværre |dessverre |beklageligvis )?ikke (?:svare|hjælpe|hjelpe|besvare|gøre|gjøre|give|gi|udtale|uttale)|jeg må (?:afslå|avslå|nægte|nekte)|nemohu (?:odpovědět|pomoci|vám (?:pomoci|odpovědět)|splnit|poskytnout)|musím odmítnout|nem tudok (?:segíteni|válaszolni)|nem válaszolhatok|nu pot (?:răspunde|ajuta|oferi|să (?:răspund|ajut|ofer))|trebuie să refuz)[^.\n]*",
    # Turkish, Vietnamese, Indonesian
    r"(?:bir (?:yapay zek[âa]|dil modeli)[^.\n]* )?(?:bu |böyle bir |size |sana |isteğinizi |talebinizi |sorunuz\w* |bunu |buna |bu konuda |bu soruya |bu isteği )*(?:yardımcı olama(?:m|yacağım|ıyorum)|yard[ıi]m edem\w+|cevap verem\w+|yanıt verem\w+|yanıtlayama\w+|cevaplayama\w+|yerine getirem\w+|karşılayama\w+|bilgi verem\w+|paylaşama\w+|konuşama\w+|reddetmek zorundayım|reddediyorum|yetkim yok|iznim yok|cevap vermemeyi|yanıtlamamayı|cevaplamamayı|yorum yapama\w+)[^.\n]*|bu (?:istek|talep|soru|konu)[^.\n]*(?:kurallarıma|politika|yeteneklerimi|kapsamım|reddedildi)[^.\n]*|ben (?:sadece|yalnızca) bir (?:yapay|dil|program)[^.\n]*",
    r"(?:là một (?:ai|mô hình ngôn ngữ|trợ lý)[^.\n]*, )?(?:tôi|mình|em|chúng tôi) (?:rất tiếc )?(?:không (?:thể|được phép|có quyền|muốn)|từ chối|phải từ chối|xin phép không) (?:trả lời|giúp|hỗ trợ|thực hiện|cung cấp|đáp ứng|thảo luận|bình luận|làm điều|nói về|yêu cầu|câu hỏi)[^.\n]*|(?:điều này|yêu cầu (?:này|của bạn)) (?:vượt|nằm ngoài|vi phạm|trái với|đã bị từ chối)[^.\n]*|(?:sebagai (?:ai|model bahasa)[^.\n]*, )?(?:saya|kami) (?:tidak (?:bisa|dapat|mampu|diizinkan|berwenang|memiliki (?:izin|akses))(?: untuk)? (?:menjawab|membantu|memberi|memenuhi|melakukan|membahas|menyediakan|ke)|harus menolak|menolak (?:untuk )?(?:menjawab|membantu|permintaan)|memilih (?:untuk )?tidak menjawab|hanya(?:lah)? (?:ai|program|model|sebuah (?:ai|program|model)))[^.\n]*|permintaan (?:ini|anda) (?:melanggar|di luar|ditolak)[^.\n]*",
    # Russian, Ukrainian, Greek
    r"(?:(?:как|будучи) (?:языков\w+ модель\w*|ии|искусственн\w+ интеллект\w*|ассистент\w*|помощник\w*)[^.\n]*?,? )?(?:(?:я|мы|мне) )?(?:не (?:могу|можем|смогу|сможем|имею (?:права|возможности|доступа)|в состоянии|вправе|уполномочен\w*|запрограммирован\w*|(?:хочу|буду|хотел\w* бы|стану) (?:отвечать|говорить|обсуждать|это делать|комментировать|помогать)|разрешено|позволено|положено)[^.\n]*|(?:вынужден\w* (?:вам |вас )?(?:отказать\w*|отклонить)|отказываюсь|должен отказать\w*|должна отказать\w*|обязан\w* отказать\w*)[^.\n]*|предпоч(?:ту|ёл бы|ел бы|ла бы|итаю) (?:не |воздержаться|промолчать)[^.\n]*|воздержусь[^.\n]*|(?:я )?(?:всего лишь|всего-навсего|просто|только) (?:ии|языковая модель|программа|робот|бот|искусственный интеллект)[^.\n]*|запрещено[^.\n]*|нельзя (?:отвечать|говорить|обсуждать)[^.\n]*|нет (?:полномочий|прав|доступа к)[^.\n]*)",
    r"(?:это|эт(?:от|а) (?:запрос|вопрос|тема|просьба)|данн\w+ (?:запрос|вопрос|тема)|ваш (?:запрос|вопрос)|ваша просьба|такой запрос) (?:противоречит|нарушает|выходит за|превышает|вне моих|за пределами|отклон[её]н\w*|не входит в мо|не соответствует мо|запрещ)[^.\n]*|(?:запрос|просьба) отклон[её]н\w*|без комментариев|в ответе отказано|мо[ияе]\w* (?:правила|инструкции|политика|принципы) (?:не (?:позволяют|позволяет|разрешают)|запреща)\w*[^.\n]*|(?:я )?не можу (?:відповісти|допомогти|надати|виконати|обговорювати|це)[^.\n]*|(?:змушен\w*|мушу) відмов\w+[^.\n]*|це (?:суперечить|порушує|виходить за)[^.\n]*|δεν (?:μπορώ|είμαι σε θέση|επιτρέπεται) να (?:απαντήσω|βοηθήσω|σας (?:βοηθήσω|απαντήσω)|το κάνω|παρέχω|δώσω|συζητήσω)[^.\n]*",
)
_CHINESE = (
    r"(?:(?:很|非常|十分|实在|真的)?(?:抱歉|遗憾|遺憾)|对不起|對不起|不好意思|请原谅|請原諒|恕我直言)?[，,。！ ]*(?:但是?[，,]?)?(?:(?:作为|作為|身为)[^。\n，,]{1,16}[，,])?(?:(?:我|恕我?|本人)[^。\n，,]*|(?:我们|我們)?(?:对于|對於|关于|關於|对|對)?(?:这|這|该|該|此|您的|你的)(?:个|個|类|類|种|種|样的|樣的)?(?:问题|問題|请求|請求|要求|内容|內容|话题|話題|任务|任務|信息|資訊|事)?[^。\n，,]*|(?:暂时|目前|恐怕|實在|实在|可能)?)(?:无法|不能|不便|没办法|没法|沒辦法|無法|不被允许|不被允許|不可以|拒绝|拒絕|不想|不愿意?|不願意?|没有权限|沒有權限|无权|無權|没有办法|难以|難以|不会|不會|选择不|選擇不|宁愿不|不予)[^。\n，,]*(?:回答|提供|帮助|幫助|完成|满足|滿足|协助|協助|讨论|討論|处理|處理|回应|回應|帮您|帮你|幫您|幫你|透露|继续|繼續|执行|執行|谈论|談論|评论|評論|置评|置評|告诉|告訴|这样做|這樣做|这么做|答复|答覆|回复|回覆|作答|奉告|从命|從命)[^。\n，,]*",
    r"(?:(?:很|非常)?(?:抱歉|遗憾)|对不起|對不起|不好意思)?[，,。 ]*(?:恕难从命|恕難從命|无可奉告|無可奉告|不予置评|不予置評|(?:我)?(?:必须|只能|不得不|必須|只好)(?:婉拒|拒绝|拒絕|谢绝|婉言谢绝)[^。\n]*|(?:您的|你的|该|该项|此|這個|这个)?(?:请求|請求|要求|问题|問題)(?:已)?(?:被)?(?:拒绝|拒絕|驳回|駁回)(?:了)?|(?:我)?没有(?:回答|处理|查看|访问)[^。\n]*的?权限|我(?:只|仅|仅仅|不过)是一?(?:个|款|名)?(?:AI|人工智能|语言模型|程序|机器人|聊天机器人|助手)[^。\n]*)",
    r"(?:抱歉|对不起|對不起|不好意思)?[，, ]*(?:这|這|该|該|您的|你的|此)[^。\n，,]*(?:违反|超出|違反|违背|不符合|不在)了?(?:我|相关|相關|能力|规定|規定|政策)[^。\n]*",
)
_JA_OBJECT = r"(?:(?:その|この|そのような|このような|そういった|こうした|そちらの|こちらの|ご|お|それ|これ|私|わたし|当方|申し訳ありませんが|残念ながら)(?:の)?(?:質問|件|内容|話題|依頼|要望|リクエスト|こと|情報|点|ご質問|ご要望|ご依頼|トピック|タスク|作業|ような内容)?(?:に対して|について|に関して|に関する)?(?:は|に|には|を|の|へ|も|では|から)?[、 ]?)"
_JA_DEED = r"(?:お?答え|ご?回答|返答|お手伝い|ご?対応|お?話し?|話す|ご?コメント|ご?案内|ご?説明|ご?提供|お応え|応じ|お力添え|力に|お力に|サポート|ご?協力|手伝う|手伝い|答える|応える|述べる|意見を述べる|実行|処理|お教え|教える|お伝え|伝える|共有|生成|お役に立|お受け|お受けする|お引き受け|受け付け|要望に沿う|言う|する)"
_JAPANESE = (
    rf"(?:(?:大変|誠に|本当に)?(?:申し訳(?:ありません|ございません|ない(?:です)?)|すみません|すいません|ごめんなさい|恐れ入ります|恐縮です|残念です|失礼します)(?:が|けど|けれども)?|残念ながら|あいにくですが|あいにく|大変恐縮ですが)?[、。 ]*(?:(?:私は)?(?:一?つの)?(?:AI|人工知能|(?:大規模)?言語モデル|アシスタント|チャットボット|プログラム|エーアイ)(?:アシスタント|モデル)?(?:です|である|な|の)?(?:ので|ため|から|として|の立場上)(?:は)?[、 ]?)?{_JA_OBJECT}{{0,2}}{_JA_DEED}(?:に|を|は|が|も|こと|する|して|なる)*(?:は|が|に|も)?(?:いた|致|でき|出来|し|差し上げ|応じ|なれ|なり|たて)?(?:し)?(?:ません|かねます|られません|れません|かねる|ない|たくありません|たくない)(?:です|でした|のでご了承ください)?",
    r"(?:(?:申し訳(?:ありません|ございません)|すみません|恐れ入ります|恐縮です|残念ながら)(?:が)?[、。 ]*)?[^。\n]*(?:回答|返答|お答え|コメント|発言|言及)(?:は|を|の提供を)?(?:差し?控え|控え|遠慮|お断り|拒否|辞退)[^。\n]*",
    rf"[^。\n]*{_JA_OBJECT}{{0,2}}(?:権限|能力|資格|アクセス権|許可)(?:は|が|を|の範囲を)?(?:ありません|ございません|持っていません|持ち合わせていません|超え(?:て|ます)[^。\n]*|与えられていません|外です)|[^。\n]*(?:ポリシー|ガイドライン|利用規約|規約|規定|ルール|方針|倫理)(?:に|で|上|により|違反|の都合)[^。\n]*(?:違反|反し|反する|でき|控え|禁止|禁じ|お断り|抵触|許され)[^。\n]*",
    r"(?:申し訳(?:ありません|ございません)が?[、。 ]*)?(?:その|この|ご|お|あなたの)?(?:リクエスト|要望|依頼|質問|要求|ご要望|ご依頼)(?:は|を|が|に)?(?:拒否|却下|お断り|辞退|お受けできません|お応えできません|受け付けられません)[^。\n]*|(?:お断り|拒否|辞退|遠慮)(?:します|いたします|させていただきます|しなければなりません|せざるを得ません)|ノーコメント(?:です)?|(?:ごめんなさい|すみません|申し訳(?:ありません|ございません)(?:が)?|残念ですが|無理です)[、。 ]*(?:できません|できかねます|無理です|それはできません|わかりません)|私は?(?:ただの|単なる)?(?:AI|プログラム|言語モデル|機械)(?:です|に過ぎません|なので)[^。\n]*",
)
_KOREAN = (
    r"(?:(?:정말 |대단히 )?(?:죄송(?:합니다(?:만)?|하지만|해요)|미안(?:합니다(?:만)?|하지만|해요)|유감스럽게도|안타깝게도|아쉽게도)[,. ]*)?(?:(?:저는 )?(?:AI|인공지능|언어 ?모델|어시스턴트|챗봇)(?:이?기 때문에|이라서|라서|로서|이므로|이어서|여서|으로서)[,]? ?)?(?:(?:그|이|해당|그런|이런|고객님의|귀하의|당신의) ?(?:질문|요청|내용|주제|부분|정보|문제|작업|것)?(?:에 대해서?는?|에 관해서?는?|에는?|은|는|을|를|의|도)? ?)?(?:답변|도움|도와|제공|대답|처리|응답|답|말씀|수행|논의|이야기|설명|공유|의견|코멘트|응|들어)[^.\n]*(?:수 없(?:습니다|어요|네요|음)|어렵습니다|거부(?:합니다|하겠습니다)|않겠습니다|삼가겠습니다|곤란합니다|못 ?(?:합니다|드립니다|해요)|싶지 않(?:습니다|아요))",
    r"(?:(?:죄송(?:합니다(?:만)?|하지만)|미안(?:합니다|하지만)|유감스럽게도)[,. ]*)?(?:(?:그|이|해당|귀하의|고객님의) ?)?(?:요청|질문|그것|이것|이는|그건|내용)(?:은|는|이|을|를)? ?(?:거절|거부|제 (?:능력|권한|정책|범위)|저의 (?:능력|권한)|정책에|규정에|허용되지)[^.\n]*|(?:거절|거부|사양)(?:하겠습니다|합니다|해야 합니다|할 수밖에 없습니다)|(?:제|저의) (?:능력|권한|정책|범위)(?:을|를|의|에|은)? ?(?:밖|넘어|벗어|어긋|위배|위반)[^.\n]*|정책상[^.\n]*|(?:저는 )?(?:단지|그저) (?:AI|프로그램|인공지능|언어 ?모델)[^.\n]*|(?:저에게는|저는|제게는) ?(?:그런 |그럴 )?(?:권한|자격)이 없[^.\n]*",
)
_ARABIC_DEED = r"(?:هذا|هذه|ذلك|الإجابة|إجابة|إجابتك|الرد|المساعدة|مساعدتك|تلبية|تقديم|التحدث|الحديث|مناقشة|تنفيذ|القيام|المعلومات|المعلومة|طلبك|سؤالك|أجيب|أساعد|صلاحية|الصلاحية|الطلب|السؤال|التعليق|تعليق|إعطاء|مشاركة|توفير|معالجة|تزويدك|إفادتك|خدمتك|الاستجابة)"
_ARABIC = (
    _spelled(
        rf"(?:(?:بصفتي|باعتباري|كوني|بوصفي|بما أنني|لأنني|لأني)[^.\n،]{{1,30}}[،, ]+)?(?:فإنني |فأنا |أنا |نحن |إنني |ف)?(?:لا|لن|ليس|غير|لست|لسنا)\s?(?:يمكنني|يمكننا|أستطيع|نستطيع|أقدر|بإمكاني|بإمكاننا|بوسعي|باستطاعتي|أملك|نملك|أمتلك|لدي|يسمح|يحق|مسموح|مصرح|أرغب|أود|أريد|يجوز|من صلاحياتي|مخول\w*|مبرمج\w*|قادر\w*|مصرح\w*|مؤهل\w*|أتمكن|أحب|أفضل)[^.\n]*?{_ARABIC_DEED}{_REST}|(?:لا|لن) (?:يمكنني|أستطيع|أقدر|أجيب)"
    ),
    _spelled(
        rf"(?:إن )?(?:هذا|هذه|ذلك|طلبك|الطلب|سؤالك|السؤال)?(?: الطلب| السؤال| الموضوع| الأمر| المعلومات)?\s?(?:خارج|يتجاوز|تتجاوز|يفوق|يخالف|تخالف|ينتهك|تنتهك|يتعارض|تتعارض|ضد|مخالف|ليس ضمن|ليس من|لا يدخل ضمن)\s?(?:هذا |هذه )?(?:الطلب |السؤال |طلبك )?(?:عن |مع |ل)?(?:نطاق |حدود )?(?:قدراتي|قدرتي|صلاحياتي|صلاحيتي|سياستي|سياساتي|سياسات|سياستنا|سياسة|إرشاداتي|إرشادات|قواعدي|القواعد|مبادئي|إمكانياتي|إمكاناتي|اختصاصي|تعليماتي|مجالي){_REST}|(?:هذا )?(?:الطلب|طلبك|السؤال|سؤالك) (?:مرفوض|مرفوضة|تم رفضه){_REST}|تم رفض (?:الطلب|طلبك|هذا){_REST}"
    ),
    _spelled(
        rf"(?:يجب|علي|لا بد|يتوجب علي|مضطر\w*|أنا مضطر\w*|أجدني مضطر\w*)\s?(?:علي )?(?:أن |إلى |ل)?(?:أرفض|الرفض|رفض|أعتذر){_REST}|(?:أفضل|نفضل)\s(?:ألا|عدم|أن لا)\s(?:أجيب|الإجابة|أتحدث|الحديث|أعلق|التعليق|أقول|أرد|الرد|الخوض|أخوض|نجيب){_REST}|أرفض\s(?:الإجابة|الرد|طلبك|هذا|الحديث|القيام|تقديم|المساعدة){_REST}|أنا (?:مجرد|فقط) (?:برنامج|نموذج|روبوت|ذكاء|آلة|مساعد){_REST}|أنا نموذج لغوي{_REST}|لا تعليق|أمتنع عن{_REST}|أتحفظ عن{_REST}|تعذر (?:علي )?(?:الرد|الإجابة|تلبية|تنفيذ){_REST}"
    ),
)
_HINDI_MATTER = r"(?:जवाब|उत्तर|मदद|सहायता|अनुरोध|सवाल|प्रश्न|जानकारी|इसमें|ऐसा|टिप्पणी|अनुमति|अधिकार|पहुँच|पहुंच|चर्चा|विषय|कार्य)"
_HINDI = (
    rf"(?:(?:एक )?(?:एआई|AI|ए\.आई\.|भाषा मॉडल|कृत्रिम बुद्धिमत्ता|सहायक)[^।\n]*(?:के रूप में|होने के नाते|हूँ|हूं)[^।\n,]*[,]? ?)?(?:इसलिए |तो |और )?(?:मैं|हम|मुझे|मुझसे|मेरे लिए|मेरे पास)[^।\n]*{_HINDI_MATTER}[^।\n]*(?:नहीं|असमर्थ|मना कर|इनकार|इंकार|असंभव|सकता नहीं){_REST}|मैं (?:यह|ये|वह) नहीं (?:कर|बता) सकत[ाी]{_REST}",
    rf"(?:यह|ये|इस|आपका|आपके|इस तरह का)[^।\n]*(?:मेरी|मेरे|हमारी)[^।\n]*(?:बाहर|विरुद्ध|ख़िलाफ़|खिलाफ|परे|उल्लंघन){_REST}|(?:आपका |यह )?अनुरोध[^।\n]*(?:अस्वीकार|अस्वीकृत|ठुकरा){_REST}|(?:कोई टिप्पणी नहीं|इस (?:सवाल|प्रश्न|विषय) (?:का|पर|के बारे में) (?:जवाब|उत्तर|बात|चर्चा|टिप्पणी) नहीं){_REST}|मैं (?:सिर्फ़|सिर्फ|केवल|बस) एक (?:एआई|AI|प्रोग्राम|भाषा मॉडल|मशीन){_REST}",
)
_OTHERS = (
    # Hebrew, Persian, Thai
    r"(?:אני |אנחנו )?(?:לא (?:יכול|יכולה|מסוגל|רשאי|מורשה)|אינני (?:יכול|רשאי)|נאלץ|חייב|מעדיף לא) (?:לענות|לעזור|לבצע|לספק|לסייע|להשיב|לדון|לסרב)[^.\n]*",
    r"(?:من )?[^.\n]*(?:پاسخ|کمک|انجام|ارائه|جواب|صحبت|درخواست)[^.\n]*(?:نمی[\u200c ]?توانم|قادر نیستم|اجازه ندارم|مجاز نیستم|معذورم)[^.\n]*|(?:من )?(?:نمی[\u200c ]?توانم|قادر نیستم|اجازه ندارم|مجاز نیستم)[^.\n]*(?:پاسخ|کمک|انجام|ارائه|جواب|صحبت|درخواست)[^.\n]*",
    r"(?:ผม|ดิฉัน|ฉัน|เรา)?(?:ไม่สามารถ|ไม่ได้รับอนุญาตให้)(?:ตอบ|ช่วย|ให้ข้อมูล|ดำเนินการ|ทำตาม|พูดคุย|แสดงความคิดเห็น)[^.\n]*|(?:ขอปฏิเสธ|ไม่ขอตอบ)[^.\n]*",
)
REFUSAL = (
    rf"(?i)^\W*{_SORRY}(?:"
    + "|".join((*_EUROPEAN, *_CHINESE, *_JAPANESE, *_KOREAN, *_ARABIC, *_HINDI, *_OTHERS))
    + r")[\s.!。！؟।…]*$"
)
# Words of which one stands in each of those in Latin letters; the others' scripts say enough.
HINT = (
    r"(?i-u:kann ich|ich kann|darf ich|ich darf|ich muss|ich lehne|ich bin n|ich ziehe|ich habe |ich antworte|verweiger|mir (?:ist|leider|nicht)|meine (?:regeln|richtlinien|vorgaben|programm)|abgelehnt|kein kommentar|verst(?u:ö)|bersteigt|geht (?u:ü)ber|f(?u:ä)llt nicht|au(?u:ß)erhalb|widerspricht"
    r"|je ne |je dois|je refuse|je n(?u:['’])ai|je suis|je pr|je me vois|je vais|je regrette|m(?u:['’])est |commentaire|impossible pour moi|mes (?:r|directives|consignes|principes|instructions|capac)|refus|rejet|viole|enfreint|outrepasse|sort d"
    r"|no puedo|no podr|no me es|no me res|no soy|no estoy|no tengo|no me est|no deseo|no quiero|no voy a|debo |tengo que (?:neg|rech|decl)|me niego|prefier|preferir|en contra de|soy |rechaza|denegad|sin coment|mis (?:normas|pol|dire|regl|instr)|excede|supera |fuera de"
    r"|posso|consigo|poderei|devo |recus|prefiro|vai contra|sou (?:ap|s|um)|pedido|minhas|meus |fica fora|est(?u:á) fora|sono |non ho|mi (?:rifiut|tocca)|rifiut|preferi|va contro|viola|esula|respint|nessun|le mie|non voglio|non intendo|non riesco|non potr"
    r"|ik kan|ik mag|kan ik|mag ik|ik ben|ik moet|ik weiger|ik antwoord|ik geef|mijn |weiger|afgewezen|nie (?:mog|jest|wolno|potra|mam|chc)|musz|odm(?u:ó|a)w|wol(?u:ę|a)|narusza|bez komentarza|odrzucon|jestem tylko|wykracza"
    r"|jag (?:kan|m|f|(?u:ä))|jeg (?:kan|m)|nemohu|mus(?u:í)m|nem tud|nem v|nu pot|trebuie|yard|cevap|yan(?u:ı)t|yerine get|bilgi ver|payla|redded|yetki|iznim|yorum yap|kar(?u:ş)|kural|politika|yetenek|kh(?u:ô)ng|t(?u:ừ) ch|v(?u:ượ)t|saya|kami |permintaan)"
    r"|[\u0370-\u03ff\u0400-\u04ff\u0590-\u05ff\u0600-\u06ff\u0900-\u097f\u0e00-\u0e7f\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7af]"
)
# Where a polite no may be what was asked for. 書 stands in 説明書 and 写 in 写真, which ask for nothing.
ASKED = (
    r"(?i)(?:entschuld|ablehn|absag|übersetz|schreib|dialog|formulier|refus|excus|tradui|écri|rédig|disculp|rechaz|traduc|escrib|redact|desculp|recus|traduz|escrev|scus|rifiut|scriv|vertaal|schrijf|weiger|przetłum|napisz|odm[óo]w"
    r"|перевед|напиш|отказ|извин|翻译|翻譯|写(?:一|个|封|篇|出|下|给|一下|道)|[请帮]我?写|寫|拒绝|拒絕|道歉|翻訳|書い|書き|書け|書く|断|謝|번역|써 ?[줘주]|쓰|작성|거절|사과|ترجم|اكتب|أكتب|اعتذار|رفض|صياغة|अनुवाद|लिख|माफ़ी|इनकार|çevir|tercüme|yaz|reddet|özür|dịch|viết|từ chối|xin lỗi|terjemah|tulis|tolak|permintaan maaf|תרגם|כתוב|ترجمه|بنویس|แปล|เขียน|översätt|skriv|oversæt|oversett|přelož|napiš)"
)
