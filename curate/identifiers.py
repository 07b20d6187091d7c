"""Numbers and keys that name a person, an account or a machine: their forms and their checksums.

Each kind has a candidate pattern (in the common subset of Python's and Rust's regular expressions,
so that columns can be searched for it) and a test that a candidate must pass.

Sources: ISO/IEC 7812-1 annex B (Luhn), ISO 13616 (IBAN, mod 97), SSA POMS RM 10201.030 (which SSNs
are never issued), HMRC NIM39110 (national insurance numbers), Real Decreto 1553/2005 (DNI letter),
Receita Federal (CPF check digits), UIDAI (Aadhaar, Verhoeff), INSEE (NIR key), Decreto ministeriale 23/12/1976 (codice fiscale), BZSt (tax number), PESEL act, RvIG (BSN); RFC 5737 and 3849 (addresses for documentation).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from curate.light_dataclass import dataclass
from curate.patterns import regex


def luhn(digits: str) -> bool:
    """Whether a string of digits passes the Luhn check."""
    total = 0
    for i, character in enumerate(reversed(digits)):
        value = int(character)
        if i % 2:
            value = value * 2 - 9 * (value > 4)
        total += value
    return total % 10 == 0


# (prefixes, lengths) of the payment networks in use.
_CARDS: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = (
    (regex(r"4"), frozenset({13, 16, 19})),
    (regex(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset({16})),
    (regex(r"3[47]"), frozenset({15})),
    (regex(r"6011|65|64[4-9]|622"), frozenset({16, 19})),
    (regex(r"35(?:2[89]|[3-8])"), frozenset({16})),
    (regex(r"3(?:0[0-5]|[689])"), frozenset({14})),
    (regex(r"62|60|81"), frozenset({16, 17, 18, 19})),
)


def is_card(text: str) -> bool:
    """Whether a run of digits, spaces and dashes is a payment card number."""
    digits = re.sub(r"\D", "", text)
    if len(set(digits)) < 2:
        return False
    known = any(len(digits) in lengths and p.match(digits) for p, lengths in _CARDS)
    return known and luhn(digits)


_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26,
    "IT": 27, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24,
    "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PT": 25, "QA": 29, "RO": 24,
    "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29,
}  # fmt: skip


def is_iban(text: str) -> bool:
    """Whether a text begins with an IBAN of its country's length that passes mod 97."""
    plain = text.replace(" ", "")
    length = _IBAN_LENGTHS.get(plain[:2])
    if length is None or len(plain) < length:
        return False
    number = plain[:length]
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1


def is_ssn(text: str) -> bool:
    """Whether nnn-nn-nnnn is a social security number that could have been issued."""
    area, group, serial = text[:3], text[4:6], text[7:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def is_nino(text: str) -> bool:
    """Whether a text is a British national insurance number."""
    plain = text.replace(" ", "")
    prefix = plain[:2]
    return (
        len(set(plain[2:8])) > 1  # 99 99 99 shows the pattern
        and prefix not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
        and not set(prefix) & set("DFIQUV")
        and prefix[1] != "O"
    )


def is_dni(text: str) -> bool:
    """Whether a text is a Spanish DNI or NIE with its right letter."""
    plain = re.sub(r"[^0-9A-Z]", "", text)
    body = plain[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return body.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23] == plain[-1]


def is_cpf(text: str) -> bool:
    """Whether nnn.nnn.nnn-nn is a Brazilian CPF with its right check digits."""
    digits = [int(c) for c in text if c.isdigit()]
    if len(set(digits)) == 1:
        return False
    for n in (9, 10):
        check = (
            sum(d * w for d, w in zip(digits[:n], range(n + 1, 1, -1), strict=True)) * 10 % 11 % 10
        )
        if check != digits[n]:
            return False
    return True


def is_cnpj(text: str) -> bool:
    """Whether nn.nnn.nnn/nnnn-nn is a Brazilian CNPJ with its right check digits."""
    digits = [int(c) for c in text if c.isdigit()]
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    for n in (12, 13):
        total = sum(d * w for d, w in zip(digits[:n], weights[13 - n :], strict=True))
        if (11 - total % 11) % 10 * (total % 11 > 1) != digits[n]:
            return False
    return len(set(digits)) > 1


_VERHOEFF_PRODUCT = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]  # fmt: skip
_VERHOEFF_TURN = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4], [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7], [9, 4, 5, 3, 1, 2, 6, 8, 7, 0], [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5], [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
]  # fmt: skip


def is_aadhaar(text: str) -> bool:
    """Whether nnnn nnnn nnnn is an Indian Aadhaar number by its Verhoeff digit."""
    digits = [int(c) for c in text if c.isdigit()]
    if digits[0] < 2 or len(set(digits)) < 4:
        return False
    state = 0
    for i, digit in enumerate(reversed(digits)):
        state = _VERHOEFF_PRODUCT[state][_VERHOEFF_TURN[i % 8][digit]]
    return state == 0


def is_nir(text: str) -> bool:
    """Whether a text is a French social security number with its right key."""
    plain = text.replace(" ", "").replace("2A", "19").replace("2B", "18")
    return plain.isdigit() and 97 - int(plain[:13]) % 97 == int(plain[13:])


def is_public_address(text: str) -> bool:
    """Whether a text is an IP address of a machine on the internet: none for private use,
    documentation or the loopback, and no well-known resolver."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    well_known = text in (
        "8.8.8.8",
        "8.8.4.4",
        "1.1.1.1",
        "1.0.0.1",
        "9.9.9.9",
        "4.4.4.4",
        "1.2.3.4",
        "2.2.2.2",
        "255.255.255.255",
    )
    return address.is_global and not address.is_multicast and not well_known


_CODICE_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21] * 2
        + [2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23],
        strict=True,
    )
)


def is_codice_fiscale(text: str) -> bool:
    """Whether a text is an Italian codice fiscale with its right last letter."""
    odd = sum(_CODICE_ODD[c] for c in text[:15:2])
    even = sum(int(c) if c.isdigit() else ord(c) - ord("A") for c in text[1:15:2])
    return chr((odd + even) % 26 + ord("A")) == text[15]


def is_steuer_id(text: str) -> bool:
    """Whether the digits of a text are a German tax identification number (ISO 7064 mod 11, 10)."""
    digits = [int(c) for c in text if c.isdigit()]
    product = 10
    for digit in digits[:10]:
        product = ((digit + product) % 10 or 10) * 2 % 11
    return digits[0] != 0 and (11 - product) % 10 == digits[10]


def is_pesel(text: str) -> bool:
    """Whether the digits of a text are a Polish PESEL with its right last digit."""
    digits = [int(c) for c in text if c.isdigit()]
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    return sum(d * w for d, w in zip(digits, weights, strict=True)) % 10 == 0


def is_bsn(text: str) -> bool:
    """Whether the digits of a text are a Dutch BSN by its test of eleven."""
    digits = [int(c) for c in text if c.isdigit()]
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(d * w for d, w in zip(digits, weights, strict=True)) % 11 == 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of identifier: its name for messages, its form and its test."""

    name: str
    pattern: str
    valid: Callable[[str], bool]

    def found(self, text: str) -> list[re.Match[str]]:
        """Its valid occurrences in a text."""
        return [m for m in re.finditer(self.pattern, text) if self.valid(m[0].strip())]


CARD = Kind(
    "payment card number",
    r"\b[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}\b|\b3\d{3}[ -]?\d{6}[ -]?\d{4,5}\b",
    is_card,
)
IBAN = Kind("IBAN", r"\b[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{0,4}\b", is_iban)
NATIONAL_IDS: tuple[Kind, ...] = (
    Kind("US social security number", r"\b\d{3}-\d{2}-\d{4}\b", is_ssn),
    Kind("UK national insurance number", r"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", is_nino),
    Kind("Spanish identity number", r"\b(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]\b", is_dni),
    Kind("Brazilian CPF", r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b", is_cpf),
    Kind("Brazilian CNPJ", r"\b\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}\b", is_cnpj),
    Kind("Indian Aadhaar number", r"\b[2-9]\d{3} \d{4} \d{4}\b", is_aadhaar),
    Kind(
        "French social security number",
        r"\b[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}\b",
        is_nir,
    ),
    Kind(
        "Italian codice fiscale",
        r"\b[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b",
        is_codice_fiscale,
    ),
    # Written with blanks or dots, or with a check that passes by chance: the name stands before it.
    Kind(
        "US social security number",
        r"(?i:\b(?:ssn|social security(?: (?:number|no\.?|#))?|social)(?: is|:|#| no\.?)? )\d{3}[ .]\d{2}[ .]\d{4}\b",
        lambda text: is_ssn(re.sub(r"[ .]", "-", text[-11:])),
    ),
    Kind(
        "Canadian social insurance number",
        r"(?:\bSIN|(?i:\bsocial insurance number))(?:[: ]{1,3}|[a-z ]{1,8})\d{3}[ -]\d{3}[ -]\d{3}\b",
        lambda text: luhn(re.sub(r"\D", "", text)),
    ),
    Kind(
        "Swedish personal number",
        r"(?i:\bperson(?:al )?nummer|\bpersonal identity number)(?:[: ]{1,3}|[a-z ]{1,8})(?:19|20)?\d{6}[-+]\d{4}\b",
        lambda text: luhn(re.sub(r"\D", "", text)[-10:]),
    ),
    Kind(
        "passport number",
        r"\b(?i:passport (?:number|no\.?|#)(?: is)?:? )[A-Z0-9]{6,9}\b",
        lambda text: sum(c.isdigit() for c in text[-9:]) >= 4 and "12345" not in text,
    ),
    Kind(
        "driving licence number",
        r"\b(?i:driver['’]?s licen[sc]e(?: (?:number|no\.?|#))?(?: is)?:? )[A-Z]\d{6,8}\b",
        lambda text: "12345678" not in text and len(set(text[-6:])) > 2,
    ),
    # Bare digits whose check passes by chance too often: their name has to stand before them.
    Kind(
        "German tax number",
        r"(?i:\b(?:steuer-?id(?:nr\.?|entifikationsnummer)?|idnr\.?|steuerliche identifikationsnummer)[: ]{1,3}(?:ist |lautet )?)\d{2} ?\d{3} ?\d{3} ?\d{3}\b",
        is_steuer_id,
    ),
    Kind("Polish PESEL", r"(?i:\bpesel[: ]{1,3}(?:to )?)\d{11}\b", is_pesel),
    Kind(
        "Dutch BSN",
        r"(?i:\b(?:bsn|burgerservicenummer)(?:-?nummer)?[: ]{1,3}(?:is )?)\d{3}[ .]?\d{3}[ .]?\d{3}\b",
        is_bsn,
    ),
)
IP_ADDRESS = Kind(
    "IP address",
    r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}\b|\b(?:[0-9a-fA-F]{1,4}:){2,6}:[0-9a-fA-F]{1,4}\b",
    is_public_address,
)

# Keys by their providers' prefixes. Sources: the providers' documentation and GitHub's list of
# secret scanning patterns.
PROVIDER_KEYS: tuple[tuple[str, str], ...] = (
    ("AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"),
    ("GitHub token", r"\bgh[pousr]_[0-9A-Za-z]{36,}\b|\bgithub_pat_[0-9A-Za-z_]{40,}\b"),
    ("Anthropic key", r"\bsk-ant-[0-9A-Za-z_-]{20,}"),
    ("OpenAI key", r"\bsk-(?:proj-|svcacct-|admin-)?[0-9A-Za-z_-]{20,}"),
    ("Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("Google OAuth secret", r"\bGOCSPX-[0-9A-Za-z_-]{20,}|\bya29\.[0-9A-Za-z_-]{20,}"),
    ("Slack token", r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}|\bxapp-\d-[0-9A-Za-z-]{10,}"),
    ("Slack webhook", r"hooks\.slack\.com/services/T[0-9A-Z]{6,}/B[0-9A-Z]{6,}/[0-9A-Za-z]{16,}"),
    ("Stripe key", r"\b(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{16,}\b|\bwhsec_[0-9A-Za-z]{24,}"),
    ("Hugging Face token", r"\bhf_[0-9A-Za-z]{30,}\b"),
    ("GitLab token", r"\bgl(?:pat|ptt|dt|rt|ft|soat|cbt|agent|oas|imt|ffct)-[0-9A-Za-z_-]{20,}"),
    ("npm token", r"\bnpm_[0-9A-Za-z]{36}\b"),
    ("PyPI token", r"\bpypi-AgEIcHlwaS5vcmc[0-9A-Za-z_-]{30,}"),
    ("SendGrid key", r"\bSG\.[0-9A-Za-z_-]{20,24}\.[0-9A-Za-z_-]{39,50}"),
    ("Telegram bot token", r"\b\d{8,10}:AA[0-9A-Za-z_-]{33}\b"),
    ("Azure storage key", r"AccountKey=[0-9A-Za-z+/]{86}=="),
    ("DigitalOcean token", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    ("Groq, xAI or Replicate key", r"\bgsk_[0-9A-Za-z]{40,}|\bxai-[0-9A-Za-z]{40,}|\br8_[0-9A-Za-z]{30,}"),
    ("Shopify key", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    ("Databricks token", r"\bdapi[0-9a-f]{32}\b"),
    ("Perplexity key", r"\bpplx-[0-9A-Za-z]{40,}\b"),
    ("Square token", r"\bsq0(?:csp|atp)-[0-9A-Za-z_-]{22,43}|\bEAAA[lE][0-9A-Za-z_-]{59}"),
    ("Braintree token", r"\baccess_token\$production\$[0-9a-z]{16}\$[0-9a-f]{32}\b"),
    ("Discord webhook or bot token", r"discord(?:app)?\.com/api/webhooks/\d{17,20}/[0-9A-Za-z_-]{60,}|\b[MNO][0-9A-Za-z_-]{23,27}\.[0-9A-Za-z_-]{6}\.[0-9A-Za-z_-]{27,40}"),
    ("HashiCorp Vault token", r"\bhv[sb]\.[0-9A-Za-z_-]{24,}"),
    ("Airtable token", r"\bpat[0-9A-Za-z]{14}\.[0-9a-f]{64}\b"),
    ("Twilio key", r"\bSK[0-9a-f]{32}\b"),
    ("Supabase key", r"\bsbp_[0-9a-f]{40}\b|\bsb_secret_[0-9A-Za-z_-]{20,}"),
    ("PostHog, Resend or LangSmith key", r"\bph[cx]_[0-9A-Za-z]{40,}\b|\bre_[0-9A-Za-z]{8}_[0-9A-Za-z]{20,}\b|\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}\b"),
    ("Pulumi, RubyGems or Sourcegraph token", r"\bpul-[0-9a-f]{40}\b|\brubygems_[0-9a-f]{48}\b|\bsgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}\b"),
    ("Tailscale, Fireworks or Voyage key", r"\btskey-[a-z]+-[0-9A-Za-z]{8,}-[0-9A-Za-z]{16,}|\bfw_[0-9A-Za-z]{22,}\b|\bpa-[0-9A-Za-z_-]{43}\b"),
    ("Dynatrace, EasyPost or Terraform token", r"\bdt0[a-z]\d{2}\.[0-9A-Z]{24}\.[0-9A-Z]{64}\b|\bEZ[AT]K[0-9A-Za-z]{54}\b|\b[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z_=-]{60,}"),
    ("1Password or Doppler token", r"\bops_eyJ[0-9A-Za-z+/=]{100,}|\bdp\.(?:pt|ct|sa|scim|audit|st\.[a-z0-9_-]+)\.[0-9A-Za-z]{40,}"),
    ("Google refresh token or messaging key", r"(?:^|[^0-9A-Za-z/])1//0[0-9A-Za-z_-]{40,}|\bAAAA[0-9A-Za-z_-]{7}:APA91b[0-9A-Za-z_-]{100,}"),
    ("Mapbox or Shippo token", r"\bsk\.eyJ[0-9A-Za-z_-]{20,}\.[0-9A-Za-z_-]{20,}|\bshippo_(?:live|test)_[0-9a-f]{40}\b"),
    ("Brevo, PlanetScale or Netlify key", r"\bxkeysib-[0-9a-f]{64}-[0-9A-Za-z]{16}\b|\bpscale_(?:tkn|pw|oauth)_[0-9A-Za-z=._-]{32,}|\bnfp_[0-9A-Za-z]{36}\b"),
    ("Pinecone, Cerebras or Jina key", r"\bpcsk_[0-9A-Za-z_]{50,}|\bcsk-[0-9a-z]{40,}\b|\bjina_[0-9A-Za-z_-]{50,}"),
    ("Razorpay, Flutterwave or Heroku key", r"\brzp_(?:live|test)_[0-9A-Za-z]{14}\b|\bFLWSECK(?:_TEST)?-[0-9A-Za-z]{12,}|\bHRKU-[0-9A-Fa-f_-]{30,}"),
    ("Alibaba, Bedrock or Artifactory key", r"\bLTAI[0-9A-Za-z]{12,24}\b|\bABSK[0-9A-Za-z+/]{80,}|\bAKCp[0-9A-Za-z]{60,}"),
    ("Linear, Notion or New Relic key", r"\blin_api_[0-9A-Za-z]{40}\b|\b(?:secret|ntn)_[0-9A-Za-z]{43,}\b|\bNRAK-[0-9A-Z]{27}\b"),
    ("Atlassian token", r"\bATATT3xFfGF0[0-9A-Za-z_=-]{20,}"),
    ("Postman key", r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b"),
    ("Docker token", r"\bdckr_(?:pat|oat)_[0-9A-Za-z_-]{27,}"),
    ("Figma, Sentry, Contentful or Grafana token", r"\bfigd_[0-9A-Za-z_-]{38,}|\bsntry[su]_[0-9A-Za-z_=-]{40,}|\bCFPAT-[0-9A-Za-z_-]{40,}|\bglsa_[0-9A-Za-z]{32}_[0-9a-f]{8}\b|\bglc_[0-9A-Za-z+/=]{32,}"),
    ("NVIDIA, Tavily or OpenRouter key", r"\bnvapi-[0-9A-Za-z_-]{40,}|\btvly-(?:dev-|prod-)?[0-9A-Za-z]{20,}\b"),
    ("Facebook token", r"\bEAACEdEose0cBA[0-9A-Za-z]{20,}|\bEAA[0-9A-Za-z]{90,}\b"),
    ("Mailgun or Mailchimp key", r"\bkey-[0-9a-f]{32}\b|\b[0-9a-f]{32}-us\d{1,2}\b"),
)  # fmt: skip
PRIVATE_KEY = r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\bPuTTY-User-Key-File-\d|\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"
JSON_WEB_TOKEN = r"\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}"
CREDENTIALS_IN_URL = r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@\"'<>{}\[\]()]{1,60}:[^\s:/@\"'<>{}\[\]()$]{3,60}@[0-9A-Za-z.-]+"
EMAIL = r"[0-9A-Za-z][0-9A-Za-z._%+-]{0,62}@(?:[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.)+[A-Za-z]{2,24}\b"
PHONE = (
    r"(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?(?:\d[ .-]?){6,12}\d\b|\(\d{3}\) ?\d{3}[ .-]\d{4}\b|\b(?:1[ .-])?\d{3}[.-]\d{3}[.-]\d{4}\b"
    # As one writes them at home, where a word says what the number is.
    r"|(?i:(?:phone|tel|telephone|mobile|cell|whatsapp|fax|call|ring|text|sms|dial|reach|handy(?:nummer)?|mobil(?:nummer)?|telefon(?:isch|nummer)?|rufnummer|unter|tél|téléphone|portable|móvil|teléfono|celular|cellulare|telefono)\.?:?"
    r"(?: (?:me|us|him|her|number|no\.|on|at|is|der|die|nummer|mich|uns|ist|au|le|al)){0,2}:? )(?:\(?0\d{2,4}\)?[ /-]?\d{3,4}[ -]?\d{3,4}(?:[ -]?\d{1,3})?|0\d(?:[ .-]?\d\d){4})\b)"
)
ASSIGNED_SECRET = (
    r"(?i)\b(?:(?:aws|db|database|app|admin|root|user|smtp|mail|redis|mysql|postgres|pg|ftp|ssh|jwt|service|prod|github|gitlab|slack|stripe|azure|openai|google|django|flask)_)?(?:api[_-]?key|apikey|secret(?:[_-]?(?:key|token|access[_-]?key))?|access[_-]?token|auth[_-]?token|bearer|client[_-]?secret"
    r"|private[_-]?key|passw(?:or)?d|pwd|token|session[_-]?(?:id|key|token))[\"']?\s*(?::=|=>|[:=])\s*(?:bearer\s+)?[\"']?[0-9A-Za-z+/_.~!@#$%^&*-]{7,}"
    # A header, a variable called …_PASS, a password that is told in words, an account written on one line.
    r"|\bauthorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|token|apikey)\s+[0-9A-Za-z+/_.~-]{12,}={0,2}"
    r"|\b[a-z]{2,12}_pass(?:wd|phrase)?\s*[:=]\s*[\"']?[0-9A-Za-z+/_.~!@#$%^&*-]{8,}"
    r"|\bpass(?:word|phrase|code)?(?: is|: is| was| -| for [a-z ]{2,30} is)(?: now)?:? [\"'`]?[0-9A-Za-z+/_.~!@#$%^&*-]{7,}"
    r"|\b(?:login|user(?:name)?|account)[: ]{1,2}[^\s,;]{2,40} ?[,;/|] ?pass(?:word)?:? [\"'`]?[0-9A-Za-z+/_.~!@#$%^&*-]{7,}"
)

_FICTIONAL_DOMAIN = regex(
    r"@(?:[\w-]+\.)*(?:example\.[a-z.]{2,6}|[\w-]+\.(?:example|test|invalid|localhost|local)|(?:my|your|our)?(?:company|domain|email|website|business|organi[sz]ation|school|university)(?:name)?\.\w+"
    r"|test\.com|domain\.com|email\.com|mail\.com|site\.com|xyz\.\w+|abc\.\w+|acme\.\w+|foo\.\w+|bar\.\w+|sample\.\w+|fake\w*\.\w+)$",
    re.I,
)
_SERVICE = regex(
    r"^(?:git|noreply|no-reply|postmaster|(?:(?:the|some|any|an?|new|test|dummy|fake)[._-]?)?(?:user|username|name|email|person|recipient|sender|customer)[._-]?\d{0,4}|e-?mail[._-]?address|you|me|someone|somebody|anyone|nobody|(?:abc|xyz|test|foo|bar|sample|example|dummy|fake|placeholder)(?:[._-]?(?:user|e?mail|address|name|account))?[._-]?\d{0,4}"
    r"|your[\w.]*|my[_.-][\w.-]*|my(?:name|email|emailaddress|username)|[\w.-]*[_.-](?:address|email|username)|first[._-]?(?:name)?[._-]?last[._-]?(?:name)?|(?:john?|jane|joe|j)[._-]?(?:q[._-]?)?doe[._-]?\d{0,4})@",
    re.I,
)


def is_fictional_email(email: str) -> bool:
    """Whether an address is visibly made up: a reserved or telling domain or name."""
    return _FICTIONAL_DOMAIN.search(email) is not None or _SERVICE.match(email) is not None


def is_phone(text: str) -> bool:
    """Whether a candidate has as many digits as a telephone number, and is none of the made-up ones."""
    return _is_possible_phone(text) and not is_fictional_phone(text) and not _is_toll_free(text)


def _is_toll_free(text: str) -> bool:
    """A number of a firm or a public service (North American 800 and the like) is nobody's own."""
    digits = re.sub(r"\D", "", text).removeprefix("1")
    return (len(digits) == 10 and digits[:3] in _TOLL_FREE) or digits.startswith(_FREE_OR_SHARED)


# British and other numbers of services, with the zero of the trunk.
_FREE_OR_SHARED = ("0800", "0808", "0845", "0844", "0870", "0871", "0300", "0333", "0900")
_TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")


def _is_possible_phone(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return (8 if text.startswith("+") else 10) <= len(digits) <= 15 and len(set(digits)) > 2


def is_fictional_phone(text: str) -> bool:
    """555-nnnn (no line in use but the directory's), 123-456-7890 and the like."""
    digits = re.sub(r"\D", "", text)
    national = digits.removeprefix("1") if len(digits) == 11 else digits
    made_up = (
        "1234567",
        "2345678",
        "0123456",
        "9876543",
        "0000000",
        "5555555",
        "1111111",
        "9999999",
    )
    return _is_possible_phone(text) and (
        re.search(r"55501\d\d$|7700900\d{3}$|2079460\d{3}$", digits) is not None
        or (len(national) == 10 and "555" in (national[:3], national[3:6]))
        or any(run in digits for run in made_up)
    )
