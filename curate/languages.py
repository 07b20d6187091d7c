"""Which language a text is in, as far as its commonest words and its script tell.

Not a language identifier: texts too short or too mixed to tell are null, which is never held
against them. English is looked for first, because in most data it settles nearly all rows at once;
the few texts that remain are looked at word by word.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import partial

import numpy as np
import polars as pl

from curate import textkernel
from curate.arrays import series_of
from curate.mapping import each
from curate.patterns import regex
from curate.textkernel import TextKernel

_SAMPLE = 300
_NONE = 2  # the kernel's word for no language
_SHORTEST = 20
_STOP_WORDS: dict[str, str] = {
    "English": "the of and is to a in that it for you i are do if me on with as be this was have or so can your not my",
    "German": "der die das und ist nicht ein eine mit für auf den von zu sich auch werden wir sie ich im dem es oder ihre uns wie bei ihr kann sehr",
    "French": "le la les des est une dans pour qui que sur avec pas du au nous vous et sont cette il ce en un de par votre plus je ne se",
    "Spanish": "el los las una que por con para del es y en se como más pero este son muy también la de un lo su le posible antes",
    "Portuguese": "o os as uma que para com não do da em é um por mais dos das são você também no na de e ou seu foi tudo em estava ao pela à",
    "Italian": "il gli della che per con non è una di sono del nel alla anche più questo dei lo un la le si da e ha abbiamo tutto era in stato hanno",
    "Dutch": "de het een van en niet is dat op te voor met zijn aan ook wordt maar naar deze bij om kan er je we hebben heeft was wij nog uit alles in u uw",
    "Polish": "nie się jest na że do to jak są dla przez oraz lub może jego ale tym od po który w z i o było był była wszystko wszystkie mnie",
    "Turkish": "bir ve bu için ile olarak daha çok olan gibi değil ne ama kadar sonra var olduğu en da de",
    "Swedish": "och att det som en på är av för med till den har inte om ett men kan från vi i de eller du dig ditt jag kan",
    "Czech": "je se na že do pro jsou nebo jako který která které není také až při podle ale by k z s v o si už má jeho její tak když být bude",
    "Danish or Norwegian": "og det er ikke en af til på som med den har kan ved jeg vi eller også fra om et de så",
    "Hungarian": "az és egy hogy nem is van ez meg de csak mint vagy már el ha lesz volt",
    "Romanian": "și în este la cu pe nu pentru care din mai de sunt o că un fost ca sau",
    "Indonesian": "yang dan di dengan untuk dari ini itu dalam adalah pada tidak ke akan juga atau anda bisa",
}
_OWN_LETTERS = {
    "Polish": frozenset("ąęłńśźż"),
    "Turkish": frozenset("ğışİ"),
    "Czech": frozenset("ěřů"),
    "Hungarian": frozenset("őű"),
    "Vietnamese": frozenset("ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ"),
    "Romanian": frozenset("ășțţ"),
}
_SCRIPTS: tuple[tuple[str, str], ...] = (
    ("Japanese", r"[\u3041-\u30ff]"),
    ("Korean", r"[\uac00-\ud7af]"),
    ("Chinese", r"[\u4e00-\u9fff]"),
    ("Cyrillic", r"[\u0400-\u04ff]"),
    ("Arabic", r"[\u0600-\u06ff]"),
    ("Hebrew", r"[\u0590-\u05ff]"),
    ("Devanagari", r"[\u0900-\u097f]"),
    ("Thai", r"[\u0e00-\u0e7f]"),
    ("Greek", r"[\u0370-\u03ff]"),
    ("Bengali", r"[\u0980-\u09ff]"),
    ("Tamil", r"[\u0b80-\u0bff]"),
)
_FIRST_OF_SCRIPTS = "\u0370"  # the lowest character of any of them
_LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _words in _STOP_WORDS.items():
    for _word in _words.split():
        _LANGUAGES_OF.setdefault(_word, []).append(_language)
_SCRIPT_SHARE = 0.3
_STOP_WORD_SHARE = 0.2
_FEWEST_STOP_WORDS = 4
_SENTENCE = 16  # words
_EAST_ASIAN = regex(r"[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_CODE = regex(r"[{}=<>|]|;\s*(?:\n|$)|\w\(|\d\s*[-+*/]\s*\d")
_WORD = regex(r"[^\W\d_]+")
_ENGLISH = r"(?i-u:\b(?:the|and|of|is|to|with|are|you|for|in)\b)"
# Words that are English only: "in", "is" and "for" are other languages' too.
_ENGLISH_ALONE = r"(?i-u:\b(?:the|and|to|with|you|are|that|this|it)\b)"
_FOREIGN = (
    r"(?:^|[\s(])(?i-u:der|die|das|de|en|la|und|ist|nicht|le|les|des|est|une|el|los|las|que|por|con|os|uma|para|com|il|gli|della"
    r"|per|het|een|van|niet|hebben|wij|zijn|ook|foi|tudo|estava|abbiamo|tutto|sono|è|nous|vous|votre|mit|wir|uns|sie|ihre|merci|nel|più|uw|seu|sua|pela|wszystko|było|się|od|bir|ve|bu|och|att|det|som|yang|dan|untuk|na|do|jest|je|není|jsou|které|který|která|že|nebo|při|oraz|przez|która|które|który|są|az|egy|hogy|és|este|pentru|care|og|ikke|som)[\s,.]"
)
# A request that names a language, or asks to translate, explains another language in the answer.
NAMES_A_LANGUAGE = (
    r"(?i-u:translat|language|german|french|spanish|portuguese|italian|dutch|polish|turkish|swedish"
    r"|indonesian|japanese|korean|chinese|mandarin|russian|ukrainian|arabic|hebrew|hindi|thai|greek|latin"
    r"|bengali|tamil|english|vietnamese|cyrillic|kanji|haiku)"
)


def language(column: str) -> pl.Expr:
    """The language's English name (or its script's), or null where it cannot be told."""
    kernel = textkernel.load()
    if kernel is None:
        return language_of(pl.col(column))
    return pl.col(column).map_batches(partial(_languages, kernel), return_dtype=pl.String)


def _languages(kernel: TextKernel, texts: pl.Series) -> pl.Series:
    """Nearly all texts are settled by a word that is English only; the others are looked at again."""
    surely = kernel.surely_english(texts)
    others = np.flatnonzero(surely == 0)
    names = pl.concat([pl.Series(["English", None]), _looked_at(texts.gather(series_of(others)))])
    which = (surely == _NONE).astype(np.uint32)
    which[others] = np.arange(2, len(others) + 2)
    return names.gather(series_of(which)).alias(texts.name)


def _looked_at(texts: pl.Series) -> pl.Series:
    """As `language_of`, each question asked once, of the texts that are left."""
    samples = texts.str.head(_SAMPLE)
    beyond = samples.str.len_bytes() > samples.str.len_chars() + _SHORTEST // 2
    plain = (~beyond).arg_true()
    asked = samples.gather(plain)
    foreign = plain.filter(~asked.str.contains(_ENGLISH_ALONE) & asked.str.contains(_FOREIGN))
    names: list[str | None] = [None] * len(texts)
    for place in (*beyond.arg_true(), *foreign):
        names[place] = told(samples[place])
    english = samples.str.contains(_ENGLISH)
    named = [
        name or ("English" if plainly else None)
        for name, plainly in zip(names, english, strict=True)
    ]
    return pl.Series("", named, dtype=pl.String)


def language_of(text: pl.Expr) -> pl.Expr:
    """The same of any text."""
    sample = text.str.head(_SAMPLE)
    beyond = sample.str.len_bytes() > sample.str.len_chars() + _SHORTEST // 2
    english = sample.str.contains(_ENGLISH)
    unclear = beyond | (~sample.str.contains(_ENGLISH_ALONE) & sample.str.contains(_FOREIGN))
    looked_at = each(pl.when(unclear).then(sample), told, pl.String)
    return pl.when(english & looked_at.is_null()).then(pl.lit("English")).otherwise(looked_at)


def told(text: str) -> str | None:
    """The language of a text that is not plainly English, or None."""
    letters = sum(map(str.isalpha, text))
    east_asian = 0 if text.isascii() else len(_EAST_ASIAN.findall(text))
    if letters + 2 * east_asian < _SHORTEST // 2 or _CODE.search(text):
        return None
    # Most texts have Latin letters only, and the expressions need not even be compiled.
    for name, pattern in _SCRIPTS if max(text) >= _FIRST_OF_SCRIPTS else ():
        if len(re.findall(pattern, text)) >= _SCRIPT_SHARE * letters:
            return name
    words = [w.lower() for w in _WORD.findall(text)]
    counts = Counter(name for w in words for name in _LANGUAGES_OF.get(w, ()))
    name, count = counts.most_common(1)[0] if counts else ("", 0)
    if count >= max(_FEWEST_STOP_WORDS, _STOP_WORD_SHARE * len(words)) and (
        len(words) > _SENTENCE or _small_words(text, set(_LANGUAGES_OF))
    ):
        return name
    # Of a short sentence three different ones will do.
    different = {w for w in words if name in _LANGUAGES_OF.get(w, ())}
    enough = count >= _STOP_WORD_SHARE * len(words) and len(words) <= _SENTENCE
    if len(different) >= 3 and enough and _small_words(text, different):
        return name
    # Short texts may hold none of the commonest words, but letters that only one language has.
    short = len(words) <= _SENTENCE
    for language_name, own in _OWN_LETTERS.items():
        lettered = sum(not own.isdisjoint(w) for w in words)
        if lettered >= max(2 if short else 3, _STOP_WORD_SHARE * len(words)):
            return language_name
    # A whole short sentence, which is no row of names, with two of them.
    if len(different) >= 2 and short and _is_sentence(text, different):
        rivals = [n for other, n in counts.items() if other != name]
        return name if count >= 0.15 * len(words) and max(rivals, default=0) < count else None
    return None


def _is_sentence(text: str, common: set[str]) -> bool:
    """Whether a text ends as a sentence and most of its other words begin with a small letter."""
    others = [word for word in _WORD.findall(text) if word.lower() not in common]
    return text.rstrip()[-1:] in ".!?" and _small_words(text, common) >= max(3, 0.5 * len(others))


def _small_words(text: str, common: set[str]) -> int:
    """How many words beside the common ones begin with a small letter: a row of names has none."""
    return sum(w[0].islower() and w not in common for w in _WORD.findall(text))
