"""Words that stand where an answer should be, in other languages than English, and may be answers as well: only rare ones are held
against a file (`curate.features`)."""

from __future__ import annotations

WRAP = r"[\s<>()\[\]{}\"'`*_.,;:!?/|…—–・。、（）【】「」『』〈〉《》［］〔〕＜＞-]*"
# What may be an answer as well: that there is nothing, or nothing yet.
MAYBE = (
    r"k\. ?a\.?|keine (?:angabe|antwort|daten)|entfällt|nicht (?:verfügbar|zutreffend|angegeben|vorhanden)|s\. ?o\.|in (?:arbeit|vorbereitung)|sans objet|néant|non (?:renseigné|disponible|applicable|spécifié|défini|communiqué)e?|pas de réponse|aucune (?:réponse|donnée)|n\. ?c\.|n\. ?d\.|n/d|en (?:cours de (?:rédaction|préparation)|préparation|attente de (?:réponse|validation))|bientôt disponible"
    r"|no (?:aplica|disponible|definido|procede|consta)|sin (?:respuesta|datos|información|definir|contenido)|ninguna respuesta|n/e|s/d|en (?:preparación|construcción)|próximamente|não (?:se aplica|disponível|informado|definido)|sem (?:resposta|dados|conteúdo)|nenhuma resposta|em (?:preparação|breve|construção)|non (?:applicabile|pertinente|disponibile|definito)|nessuna risposta|in (?:preparazione|lavorazione)|prossimamente"
    r"|niet (?:van toepassing|beschikbaar)|n\. ?v\. ?t\.|geen antwoord|in voorbereiding|nie dotyczy|brak (?:danych|odpowiedzi)|w przygotowaniu|nedostupné|saknas|ej tillämpligt|mevcut değil|hazırlanıyor|không áp dụng|đang (?:cập nhật|chuẩn bị|soạn)|tidak tersedia|segera hadir"
    r"|нет (?:данных|ответа)|не (?:указано|применимо|определено)|отсутствует|н/д|в (?:разработке|подготовке)|скоро будет|немає (?:даних|відповіді)|无(?:内容|答案|数据)?|暂无|不适用|没有(?:答案|内容)|略|待定|(?:编写|准备|更新|建设|整理)中|敬请期待|未(?:提供|作答)|無|該当なし|特になし|なし|無し|回答なし|データなし|未定|未(?:回答|設定|完成)|(?:準備|作成|執筆|編集|工事|検討)中(?:です)?|近日公開"
    r"|해당 ?없음|답변 ?없음|내용 ?없음|없음|미정|(?:준비|작성) ?중(?:입니다)?|لا (?:يوجد|شيء|ينطبق|توجد إجابة|توجد)|غير (?:متوفر|متاح|محدد|معروف|موجود|منطبق)ة?(?: حالي(?:ا|ً)*)?|بدون إجابة|لا إجابة|(?:قيد|تحت) (?:الإعداد|الكتابة|التحرير|المراجعة|الإنشاء|التجهيز|التطوير)|قريبا|در دست تهیه|ندارد|בהכנה|(?:उपलब्ध|लागू) नहीं|कोई (?:उत्तर|जवाब) नहीं|तैयारी में"
)
# What people type to try a form, and what they call it.
TRIED = (
    r"(?:test|probe|beispiel|muster|leer|vide|essai|exemple|vacío|prueba|ejemplo|vazio|teste|exemplo|vuoto|prova|esempio|leeg|voorbeeld|puste|przykład|tomt|exempel|prázdné|příklad|boş|örnek|deneme|trống|ví dụ|kosong|contoh"
    r"|пусто|тест|пример|приклад|空白?|测试|示例|例子|テスト|例|例文|サンプル|ダミー|空欄|空白|테스트|예시|예제|샘플|빈칸|مثال|تجربة|اختبار|فارغ|نص|ריק|דוגמה|उदाहरण|परीक्षण|खाली|ตัวอย่าง|ทดสอบ)"
)
# Prompts that may ask for such a word.
WORDS_WANTED = r"(?i)(?:wort|wörter|begriff|mot|traduis|tradui|traduc|traduz|palabra|palavra|parola|woord|vertaal|słowo|slovo|kelime|çevir|từ|kata|слов|перев|词|詞|翻译|翻譯|単語|言葉|訳|단어|번역|말로|كلمة|ترجم|مرادف|שפה|מילה|शब्द|अनुवाद|คำ|แปล|übersetz|synonym|сином)"
