"""What the rules about wordings look for in other languages than English, one table for each rule.

Each language has its line: German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Chinese, Japanese,
Korean. The expressions are Rust's, with Unicode's letters; they are only asked of texts that are not plainly English.
"""

from __future__ import annotations

import polars as pl

from curate.schemas.options.lint import LintOptions

_ENGLISH = r"(?i-u:\b(?:the|is|are|what|how|you|your|and|of|to|for|with|this|that|it|my|write|give|list|name|describe|explain|which|who|why|when|where)\b)"


def another_language(options: LintOptions) -> pl.Expr:
    """The prompt holds none of the words that hardly an English prompt lacks."""
    return ~pl.col("prompt").str.contains(_ENGLISH)


def _any(*ways: str) -> str:
    return "(?i)(?:" + "|".join(f"(?:{way})" for way in ways) + ")"


# Whose model the speaker is.
_NAMES = r"(?:ChatGPT|GPT-?[345][\w.-]*|Claude|Gemini|Bard|DeepSeek|Qwen|Llama|Mistral|Copilot|Grok|Kimi|文心一言|通义千问|豆包|智谱清言|星火|混元|盘古|GigaChat|YandexGPT)"
_MAKERS = r"(?:OpenAI|Anthropic|Google|DeepMind|Meta(?: AI)?|Microsoft|DeepSeek|Mistral(?: AI)?|Alibaba|xAI|Baidu|Яндекс|Сбер|谷歌|微软|百度|阿里(?:云|巴巴)?|深度求索|智谱(?:AI)?|科大讯飞|讯飞|月之暗面|腾讯|字节跳动|华为)"
NAMED = rf"(?i:{_NAMES}|{_MAKERS}|知识截止)"
_SELF = r"(?:ich bin|ich heiße|mein name ist|je suis|je m['’]appelle|mon nom est|soy|me llamo|mi nombre es|eu sou|sou|meu nome é|me chamo|sono|mi chiamo|il mio nome è|ik ben|ik heet|mijn naam is|jestem|nazywam się|mam na imię|jag är|jag heter|ben|я(?: —| -| –)?|меня зовут|我是|我叫|私は|僕は|저는|나는)"
_MADE = r"(?:entwickelt|trainiert|erstellt|geschaffen|développée?|entraînée?|créée?|conçue?|entrenad[oa]|desarrollad[oa]|cread[oa]|treinad[oa]|desenvolvid[oa]|criad[oa]|sviluppat[oa]|addestrat[oa]|creat[oa]|ontwikkeld|getraind|gemaakt|stworzon[ya]|opracowan[ya]|wytrenowan[ya]|utvecklad|tränad|разработан\w*|создан\w*|обучен\w*|geliştirilen|eğitilen)"
IDENTITY = _any(
    rf"(?:^|[^\w]){_SELF} ?(?:(?:ein|eine|das|der|un|une|le|la|el|o|um|uma|il|lo|een|de) )?(?:[^.\n。！？]{{0,30}}? )?{_NAMES}(?:[^\w]|$)",
    rf"(?:^|[^\w]){_SELF}[^.\n。！？]{{0,60}}?{_MADE}[^.\n]{{0,24}}?{_MAKERS}",
    rf"(?:^|[^\w]){_SELF}[^.\n。！？]{{0,60}}?{_MAKERS}[^.\n]{{0,12}}?{_MADE}",
    rf"(?:^|[^\w])(?:als|en tant que|como|come|jako|som|как) (?:[^.,\n]{{0,40}}? )?{_NAMES}[ ,]",
    rf"(?:^|[^\w])(?:als|en tant que|como|come|jako|som|как) [^.,\n]{{0,40}}?(?:modell?o?|modèle|ki|ia|ai|assistente?|модель)\b[^.,\n]{{0,30}}?{_MAKERS}",
    rf"我(?:是|叫|由|名叫)[^。！？\n]{{0,16}}?(?:{_NAMES}|{_MAKERS}[^。！？\n员工职师]{{0,10}}(?:训练|开发|研发|打造|创建|推出|模型|助手|AI|人工智能|GPT))",
    rf"作为(?:一个|一款|一名)?(?:由)?[^。！？，,\n]{{0,8}}?(?:{_NAMES}|{_MAKERS}[^。！？，,\n]{{0,10}}(?:模型|助手|AI|人工智能))",
    rf"(?:由|是){_MAKERS}(?:公司|团队)?(?:训练|开发|研发|打造|创建|推出)的[^。\n]{{0,16}}(?:模型|助手|AI|人工智能)",
    rf"(?:私は|僕は)?[^。\n]{{0,12}}{_MAKERS}(?:が|によって)(?:開発|訓練|作成)[^。\n]{{0,20}}(?:モデル|AI|アシスタント)",
    rf"{_MAKERS}(?:에서|가|이)? ?(?:개발|훈련|만든)[^.\n]{{0,20}}(?:모델|AI|인공지능|어시스턴트)",
    r"(?:我的知识|知识)截止[^。\n]{0,16}(?:19|20)\d\d",
)

# A prompt about a text, a picture or a file that is not there. After the thing only a manner may follow.
_END = r"[^:\n\"„“”»«0-9「《]{0,70}[.?!:。？！：]?\s*$"
_DE = r"(?:artikel|text|absatz|satz|sätze|abschnitt|geschichte|gedicht|vertrag|vertrags|liste|wörter|worte|aussagen?|rezension|datei|dokument|tabelle|daten|code|e-?mail|brief|gespräch|bericht|aufsatz|zahlen|begriffe|passage|auszug|zitat|kommentar|beitrag|diagramm|grafik|lebenslauf|rede|anzeige|rezept|fragen?|optionen|antworten|nachricht|dialog|notizen|protokoll|schreiben|rechnung|formular|programm|funktion|gleichung)(?:e?s|en|n)?"
_FR = r"(?:article|texte|paragraphe|phrases?|passage|histoire|poème|contrat|liste|mots|affirmations?|critique|fichier|document|tableau|données|code|e-?mail|courriel|lettre|conversation|rapport|nombres|extrait|citation|message|discours|dialogue|questions?|options?|équation)"
_ES = r"(?:artículo|texto|párrafo|frases?|oración|oraciones|pasaje|historia|cuento|poema|contrato|lista|palabras|afirmaci(?:ón|ones)|reseña|archivo|fichero|documento|tabla|datos|código|correo|carta|conversación|informe|números|fragmento|cita|mensaje|discurso|diálogo|preguntas?|opciones|ecuación)"
_PT = r"(?:artigo|texto|parágrafo|frases?|trecho|história|conto|poema|contrato|lista|palavras|afirmaç(?:ão|ões)|resenha|arquivo|ficheiro|documento|tabela|dados|código|e-?mail|carta|conversa|relatório|números|citação|mensagem|discurso|diálogo|perguntas?|opções|equação)"
_IT = r"(?:articolo|testo|paragrafo|frasi?|brano|storia|poesia|contratto|elenco|lista|parole|affermazion[ei]|recensione|file|documento|tabella|dati|codice|e-?mail|lettera|conversazione|rapporto|numeri|estratto|citazione|messaggio|discorso|dialogo|domand[ae]|opzioni|equazione)"
_NL = r"(?:artikel|tekst|alinea|zin(?:nen)?|passage|verhaal|gedicht|contract|lijst|woorden|uitspraken|recensie|bestand|document|tabel|gegevens|code|e-?mail|brief|gesprek|rapport|getallen|fragment|citaat|bericht|vragen|opties)"
MISSING_TEXT = _any(
    rf"\b(?:folgende[nrms]?|obige[nrms]?|untenstehende[nrms]?|unten stehende[nrms]?|vorliegende[nrms]?|gegebene[nrms]?|angehängte[nrms]?|beigefügte[nrms]?|nachstehende[nrms]?|angegebene[nrms]?)\s+(?:\w+e[nrs]? )?{_DE}\b{_END}",
    rf"\b{_DE} (?:unten|oben|im anhang|anbei)\b{_END}|\b(?:dieser|dieses|diesen|diesem|diese) {_DE}\b[^:\n\"„“0-9]{{0,40}}[.?!:]\s*$|\b(?:autor|verfasser|erzähler)\b[^:\n\"„“]{{0,40}}\b(?:absatz|text|artikel|auszug)\b[^:\n\"„“]{{0,30}}\?\s*$",
    rf"\b{_FR}\s+(?:suivante?s?|ci-dessous|ci-dessus|ci-jointe?s?|fournie?s?|donnée?s?|joint)\b{_END}|^(?:[a-zéèêà]+ )(?:ce|cet|cette|ces) {_FR}\b[^:\n\"«0-9]{{0,40}}[.?!:]\s*$",
    rf"\b(?:siguientes? {_ES}|{_ES}\s+(?:siguientes?|adjunt[oa]s?|proporcionad[oa]s?|dad[oa]s?|de (?:abajo|arriba)|anterior(?:es)?))\b{_END}|^(?:[a-záéíóú]+ )(?:este|esta|estos|estas) {_ES}\b[^:\n\"«0-9]{{0,40}}[.?!:]\s*$",
    rf"\b(?:seguintes? {_PT}|{_PT}\s+(?:seguintes?|abaixo|acima|em anexo|anexad[oa]s?|anex[oa]|fornecid[oa]s?|dad[oa]s?))\b{_END}|^(?:[a-záéíóúâêô]+ )(?:este|esta|estes|estas|esse|essa) {_PT}\b[^:\n\"«0-9]{{0,40}}[.?!:]\s*$",
    rf"\b(?:seguent[ei] {_IT}|{_IT}\s+(?:seguent[ei]|allegat[oaie]|fornit[oaie]|dat[oaie]|qui sotto|sottostante|precedente|sopra))\b{_END}|^(?:[a-zàèéìòù]+ )(?:questo|questa|questi|queste) {_IT}\b[^:\n\"«0-9]{{0,40}}[.?!:]\s*$",
    rf"\b(?:volgende|bijgevoegde|onderstaande|bovenstaande|gegeven) {_NL}\b{_END}|\b(?:deze|dit) {_NL}\b[^:\n\"0-9]{{0,40}}[.?!:]\s*$",
    r"\b(?:poniższ\w+|następując\w+|powyższ\w+|załączon\w+|podan\w+)\s+(?:tekst\w*|artykuł\w*|zdani\w+|akapit\w*|fragment\w*|list\w+|wiersz\w*|umow\w+|słow\w*|dan\w+|plik\w*|dokument\w*)\b[^:\n\"„0-9]{0,50}[.?!:]?\s*$",
    r"(?:следующ\w+|приведённ\w+|приведенн\w+|данн\w+|прилагаем\w+|приложенн\w+|указанн\w+)\s+(?:стать\w+|текст\w*|предложени\w+|абзац\w*|отрыв\w+|рассказ\w*|стихотворени\w+|договор\w*|спис\w+|слов\w*|файл\w*|документ\w*|таблиц\w+|письм\w+|код\w*|отзыв\w*)[^:\n\"«0-9]{0,50}[.?!:]?\s*$|(?:текст\w*|стать\w+|абзац\w*)\s+(?:ниже|выше)[^:\n\"«0-9]{0,50}[.?!:]?\s*$",
    r"^[^：:\n「《“0-9]{0,24}(?:以下|下面|下列|上面|上述|上文|附件中?|所附|给定|提供|这篇|这段|此)的?(?:这篇|这段|这些|一段)?(?:文章|文本|文字|段落|句子|短文|故事|诗歌?|合同|列表|单词|词语|表格|数据|代码|邮件|信件?|对话|报告|数字|摘录|新闻|评论|文件|文档|内容|选项|说法)[^：:\n「《“0-9]{0,24}[。？！：:]?\s*$",
    r"^[^：:\n「0-9]{0,20}(?:次|以下|下記|上記|添付|この|与えられた)の?(?:文章|記事|テキスト|文|段落|話|物語|詩|契約書?|リスト|単語|表|データ|コード|メール|手紙|会話|報告書?|数字|ファイル|文書)(?:を|の|は|に|から|で)[^：:\n「0-9]{0,30}[。？！：:]?\s*$",
    r"^[^:\n\"0-9]{0,20}(?:다음|아래|위|첨부된?|주어진|이)의? ?(?:글|기사|텍스트|문장|단락|이야기|시|계약서?|목록|단어|표|데이터|코드|이메일|편지|대화|보고서|숫자|파일|문서)(?:을|를|의|은|는|이|가|에서)[^:\n\"0-9]{0,30}[.?!:]?\s*$",
)
MISSING_MEDIA = _any(
    r"\b(?:auf|in|aus) (?:dem|diesem) (?:bild|foto|screenshot|video|diagramm|röntgenbild|gemälde|plakat|schild im foto|clip)\b[^:\n\"„]{0,40}[.?!]?\s*$|\bim (?:bild|foto|video|screenshot|anhang)\b[^:\n\"„]{0,40}[.?!]?\s*$|^(?:bitte )?(?:beschreibe?|beschreiben sie|erkläre?|analysiere?|transkribiere?|sieh dir|schau dir|hör dir|hören sie|sehen sie)\b[^:\n\"„]{0,20}\b(?:das|die|den|diese[ns]?) (?:bild|foto|aufnahme|video|screenshot|zeichnung|gemälde|aufzeichnung|podcast|clip|sprachnachricht)\b[^:\n\"„]{0,40}[.?!]?\s*$|\b(?:angehängte[nrms]?|beigefügte[nrms]?|hochgeladene[nrms]?) (?:bild|foto|aufnahme|video|screenshot|datei|pdf|tabelle|dokument)\w*\b[^:\n\"„]{0,50}[.?!]?\s*$",
    r"\b(?:sur|dans) (?:l['’]image|la photo|cette (?:image|photo|vidéo)|ce (?:dessin|graphique|tableau)|la vidéo|le graphique)\b[^:\n\"«]{0,40}[.?!]?\s*$|^(?:décri\w+|analyse\w*|transcri\w+|légende\w*|regarde\w*|écoute\w*)\b[^:\n\"«]{0,20}\b(?:l['’]image|la photo|cette (?:image|photo|vidéo)|l['’]enregistrement|la vidéo|l['’]audio)\b[^:\n\"«]{0,40}[.?!]?\s*$|\b(?:image|photo|vidéo|fichier|pdf)\s+(?:ci-jointe?|jointe?|ci-dessous)\b[^:\n\"«]{0,40}[.?!]?\s*$",
    r"\b(?:en|de) (?:la (?:imagen|foto|fotografía|grabación)|esta (?:imagen|foto)|el (?:vídeo|video|gráfico|audio)|este (?:vídeo|video|gráfico))\b[^:\n\"«]{0,40}[.?!]?\s*$|^(?:describe|describa|analiza|transcribe|transcriba|mira|escucha|escuche|observa)\b[^:\n\"«]{0,20}\b(?:la|esta|el|este) (?:imagen|foto|fotografía|grabación|vídeo|video|audio)\b[^:\n\"«]{0,40}[.?!]?\s*$|\b(?:imagen|foto|vídeo|video|archivo|pdf)\s+adjunt[oa]\b[^:\n\"«]{0,40}[.?!]?\s*$",
    r"\b(?:n[ao]|nest[ae]|d[ao]) (?:imagem|foto|fotografia|gravação|vídeo|gráfico|áudio)\b[^:\n\"«]{0,40}[.?!]?\s*$|^(?:descreva|analise|transcreva|veja|ouça|olhe)\b[^:\n\"«]{0,20}\b(?:a|esta|o|este) (?:imagem|foto|gravação|vídeo|áudio)\b[^:\n\"«]{0,40}[.?!]?\s*$",
    r"\b(?:nell['’]immagine|nella foto(?:grafia)?|in questa (?:immagine|foto)|nel video|nel grafico)\b[^:\n\"«]{0,40}[.?!]?\s*$|^(?:descrivi|analizza|trascrivi|guarda|ascolta)\b[^:\n\"«]{0,20}\b(?:l['’]immagine|la foto|questa (?:immagine|foto)|il video|la registrazione|l['’]audio)\b[^:\n\"«]{0,40}[.?!]?\s*$",
    r"\b(?:op|in) (?:de|deze) (?:foto|afbeelding|video|opname|grafiek)\b[^:\n\"]{0,40}[.?!]?\s*$|\b(?:на|в) (?:этой |этом )?(?:картинке|фото(?:графии)?|изображении|рисунке|видео|записи|скриншоте)\b[^:\n\"«]{0,40}[.?!]?\s*$|^(?:опиши(?:те)?|посмотри(?:те)?|послушай(?:те)?|расшифруй(?:те)?)\b[^:\n\"«]{0,20}(?:картинку|фото(?:графию)?|изображение|видео|запись|рисунок)[^:\n\"«]{0,40}[.?!]?\s*$",
    r"^[^：:\n「]{0,16}(?:图片|照片|图像|图|视频|录音|音频|截图|附图|这张画|画面)(?:中|里|上|内)?的?[^：:\n「代表数形书]{0,20}(?:是什么|有什么|有几|有多少|写着?什么|什么|吗|谁|哪里|描述|内容|说了什么|多少)[^：:\n「]{0,10}[。？！?]?\s*$|^(?:请)?(?:描述|看|听|转写|识别|分析)(?:一下)?(?:这|此|上面|下面|附件中?|该)(?:的)?(?:张|段|幅|个|条)?(?:图片|照片|图像|图|视频|录音|音频|截图|语音)[^：:\n「]{0,20}[。？！?]?\s*$",
    r"^[^：:\n「]{0,10}(?:この|添付の?|次の)(?:画像|写真|動画|音声|録音|図|グラフ|スクリーンショット)[^：:\n「]{0,30}[。？！?]?\s*$|^[^:\n\"]{0,10}(?:이|첨부된?|다음) ?(?:사진|그림|이미지|영상|동영상|녹음|오디오|그래프|스크린샷)[^:\n\"]{0,30}[.?!]?\s*$",
)

# An order that needs hands or a device …
ORDER = _any(
    r"^(?:bitte |kannst du |können sie |könntest du )?(?:ruf\w*|bestell\w*|schick\w*|sende?n?|stelle?|überweise\w*|mache?|drucke?|lösche?|buche?|poste?|starte?|lade?|spiele?|spiel|schalte?|öffne|schließe?|reservier\w*|storniere?|trage?|erinner\w*|kaufe?|bezahl\w*|speicher\w*|wecke?|leite|verschiebe?|dimme?|sperre?|melde?|teile?|installier\w*)\b",
    r"^(?:s['’]il (?:te|vous) plaît,? |peux-tu |pouvez-vous |pourriez-vous )?(?:appelle\w*|commande\w*|envoie\w*|envoyer?z?|mets|mettez|règle\w*|vire\w*|éteins|éteignez|allume\w*|imprime\w*|supprime\w*|réserve\w*|publie\w*|redémarre\w*|télécharge\w*|joue\w*|ouvre\w*|ferme\w*|annule\w*|achète\w*|paie\w*|rappelle\w*|ajoute\w*|programme\w*)\b",
    r"^(?:por favor,? |puedes |podrías |puede )?(?:llama\w*|pide\w*|pedir|envía\w*|manda\w*|pon|ponga|programa\w*|transfiere\w*|apaga\w*|enciende\w*|imprime\w*|borra\w*|elimina\w*|reserva\w*|publica\w*|reinicia\w*|sube|descarga\w*|reproduce\w*|abre|cierra\w*|cancela\w*|compra\w*|paga\w*|recuérda\w*|añade\w*|agenda\w*)\b",
    r"^(?:por favor,? |você pode )?(?:ligue|liga|peça|envie|mande|coloque|programe|transfira|desligue|acenda|imprima|apague|exclua|reserve|publique|reinicie|baixe|carregue|toque|abra|feche|cancele|compre|pague|lembre|adicione|agende)\b",
    r"^(?:per favore,? |puoi |può )?(?:chiama\w*|ordina\w*|invia\w*|manda\w*|imposta\w*|trasferisci|spegni|accendi|stampa\w*|cancella\w*|elimina\w*|prenota\w*|pubblica\w*|riavvia\w*|scarica\w*|carica\w*|riproduci|apri|chiudi|annulla\w*|compra\w*|paga\w*|ricordami|aggiungi|metti)\b",
    r"^(?:пожалуйста,? )?(?:позвони\w*|закажи\w*|отправь\w*|пошли\w*|поставь\w*|переведи\w* (?:деньги|\d)|включи\w*|выключи\w*|распечатай\w*|удали\w*|забронируй\w*|опубликуй\w*|перезапусти\w*|скачай\w*|загрузи\w*|открой\w*|закрой\w*|отмени\w*|купи\w*|оплати\w*|напомни\w*|добавь\w*|запиши\w* меня)",
    r"^(?:请|帮我|麻烦|能不能|可以)*(?:打电话|给.{1,10}打电话|订|预订|预约|下单|发送|发邮件|发短信|寄|转账|汇款|打开|关闭|关掉|打印|删除|发布|重启|下载|上传|播放|取消|购买|买|支付|付款|提醒|设置?.{0,6}闹钟|定.{0,4}闹钟|把.{1,20}(?:发给|发到|上传|删|打印|关|打开))",
    r"(?:送って|送信して|予約して|注文して|電話して|かけて|設定して|印刷して|削除して|投稿して|再起動して|再生して|消して|つけて|キャンセルして|買って|振り込んで|教えてくれるアラーム)(?:ください|くれ|ね)?[。！]?\s*$|(?:보내|예약해|주문해|전화해|켜|꺼|설정해|인쇄해|삭제해|재생해|취소해|결제해|사) ?(?:줘|주세요|라)[.!]?\s*$",
)
# … and an answer that says it was carried out.
_PARTICIPLES = r"(?:angerufen|gemailt|gesendet|geschickt|verschickt|überwiesen|gebucht|bestellt|reserviert|gelöscht|gepostet|hochgeladen|heruntergeladen|gedruckt|ausgedruckt|gespeichert|eingetragen|eingestellt|gestellt|ausgeschaltet|eingeschaltet|ausgemacht|angemacht|storniert|bezahlt|gekauft|veröffentlicht|geteilt|neu gestartet|gestartet|geöffnet|geschlossen|weitergeleitet|verschoben|abgesagt|angemeldet|gedimmt|gesperrt|aktiviert|installiert|abonniert)"
CLAIM = _any(
    rf"\bich habe? [^.\n]{{0,80}}\b{_PARTICIPLES}\b|\b(?:ist|sind|wurden?|habe ich)\b[^.\n]{{0,60}}\b(?:{_PARTICIPLES}|unterwegs|auf (?:\w+ )?uhr gestellt)\b|\b(?:ist|sind) jetzt (?:aus|an|offen|zu|auf \w+)\b|\bliegt (?:im drucker|in ihrem|in deinem)\b|\bich (?:spiele|rufe|bestelle|sende|schicke|schalte|drucke|buche)\b[^.\n]{{0,50}}\b(?:jetzt|gerade|sofort)\b|\b(?:wecker|timer|erinnerung)\b[^.\n]{{0,30}}\bgestellt\b|\bes ist erledigt\b",
    r"\bj['’]ai (?:bien |déjà )?(?:appelé|commandé|envoyé|mis|réglé|viré|éteint|allumé|imprimé|supprimé|réservé|publié|redémarré|téléchargé|ouvert|fermé|annulé|acheté|payé|ajouté|programmé|transféré|posté|partagé|noté)\w*|\b(?:est|sont|a été|ont été) (?:maintenant |bien )?(?:commandé|envoyé|réglé|éteint|allumé|imprimé|supprimé|réservé|publié|redémarré|téléchargé|annulé|payé|ajouté|programmé|en route)\w*|c['’]est fait",
    r"\bh?e (?:llamado|pedido|enviado|mandado|puesto|programado|transferido|apagado|encendido|impreso|borrado|eliminado|reservado|publicado|reiniciado|subido|descargado|abierto|cerrado|cancelado|comprado|pagado|añadido|agendado|configurado)\b|\b(?:está|ha sido|fue|queda|quedó|están|han sido) (?:ya |ahora )?(?:enviad|pedid|programad|apagad|encendid|impres|borrad|eliminad|reservad|publicad|reiniciad|cancelad|pagad|configurad|en camino|subid)\w*|\bya (?:llamé|pedí|envié|mandé|puse|reservé|apagué|borré|pagué|cancelé|compré)\b",
    r"\b(?:já |acabei de )?(?:liguei|pedi|enviei|mandei|programei|transferi|desliguei|acendi|imprimi|apaguei|reservei|publiquei|reiniciei|baixei|cancelei|comprei|paguei|adicionei|agendei)\b|\b(?:foi|está|foram) (?:agora |já )?(?:enviad|pedid|programad|desligad|impress|apagad|reservad|publicad|reiniciad|cancelad|pag|agendad|a caminho)\w*",
    r"\bho (?:già |appena )?(?:chiamato|ordinato|inviato|mandato|impostato|trasferito|spento|acceso|stampato|cancellato|eliminato|prenotato|pubblicato|riavviato|scaricato|caricato|aperto|chiuso|annullato|comprato|pagato|aggiunto)\b|\b(?:è|è stat[oa]|sono stat[ei]) (?:ora |già )?(?:inviat|ordinat|impostat|spent|acces|stampat|cancellat|eliminat|prenotat|pubblicat|riavviat|annullat|pagat|in arrivo)\w*",
    r"\bя (?:уже |только что )?(?:позвонил|заказал|отправил|послал|поставил|перевёл|перевел|включил|выключил|распечатал|удалил|забронировал|опубликовал|перезапустил|скачал|загрузил|открыл|закрыл|отменил|купил|оплатил|добавил|записал)а?|(?:заказан|отправлен|поставлен|включен|включён|выключен|распечатан|удален|удалён|забронирован|опубликован|перезапущен|отменен|отменён|оплачен|установлен)[аоы]?\b",
    r"(?:已经?|刚刚?|好的)[^。，,\n“]{0,10}(?:打了?电话|订好?|预订|预约|下单|发送|发给|发出|寄出|转账|汇款|打开|关闭|关掉|关了|打印|删除|发布|重启|下载|上传|播放|取消|购买|买好|支付|付款|设置?好?|设定)|正在(?:播放|拨打|打印|下载|上传|发送)",
    r"(?:送りました|送信しました|予約しました|注文しました|電話しました|かけました|設定しました|印刷しました|削除しました|投稿しました|再起動しました|再生しています|消しました|つけました|キャンセルしました|買いました|振り込みました)|(?:보냈|예약했|주문했|전화했|켰|껐|설정했|인쇄했|삭제했|재생하고|취소했|결제했|샀)(?:습니다|어요|다)",
)

# Words of which one stands in each of these, so that plainly English texts are passed over.
MISSING_TEXT_HINT = r"(?i-u:folgende|obige|untenstehend|unten steh|vorliegend|gegebene|nachstehend|angegebene|diese[rsnm]? (?:text|artikel|satz|absatz|brief)|text (?:unten|oben)|suivant|ci-dessous|ci-dessus|ci-joint|fourni|siguiente|adjunt|proporcionad|este texto|esta frase|seguinte|abaixo|anexo|fornecid|seguent|allegat|questo testo|volgende|bijgevoegd|onderstaand|bovenstaand|deze tekst|autor\b)|(?i:angehängt|beigefügt|ce texte|poniższ|następując|powyższ|załączon|следующ|приведённ|приведенн|прилагаем|приложенн|ниже|以下|下面|下列|上面|上述|附件|所附|给定|这篇|这段|次の|添付|上記|下記|この|다음|첨부|아래)"
MISSING_MEDIA_HINT = r"(?i-u:\b(?:bild|foto|aufnahme|screenshot|anhang|imagen|imagem|immagine|grabaci|afbeelding|enregistrement)|l'image|la photo|la vid)|(?i:картин|фото|изображен|видео|скриншот|图片|照片|图像|视频|录音|音频|截图|画像|写真|動画|録音|사진|그림|이미지|영상)"
CLAIM_HINT = r"(?i-u:ich habe|habe ich|ist jetzt|sind jetzt|wurde|unterwegs|liegt im|gestellt|bestellt|gebucht|gesendet|verschickt|hochgeladen|heruntergeladen|gedruckt|ich (?:spiele|rufe|sende|schicke|schalte)|est fait|est (?:maintenant|bien|envoy|imprim|termin)|he (?:enviado|llamado|pedido|puesto|apagado|encendido|impreso|borrado|reservado|publicado|reiniciado|subido|descargado|abierto|cerrado|cancelado|comprado|pagado)|ha sido|en camino|acabei de|enviei|liguei|foi |ho (?:gi|appena|chiamato|ordinato|inviato|impostato|spento|acceso|stampato|prenotato|cancellato))|(?i:j.ai |gelöscht|überwiesen|está|я (?:уже |выключил|включил|отправил|заказал|позвонил|забронировал|удалил|поставил)|отправлен|заказан|выключен|включен|已|刚刚|正在|ました|しています|했습니다|했어요|보냈|켰|껐)"
