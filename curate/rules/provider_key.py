"""PII007: a key of a known provider."""

from __future__ import annotations

import re

import polars as pl

from curate.identifiers import PROVIDER_KEYS
from curate.mapping import each_matching
from curate.masking import mask_secret
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = "|".join(pattern for _, pattern in PROVIDER_KEYS)
_STAND_INS = regex(r"(?i)x{6}|your|insert|placeholder|0{10}|1234567890abcdef$|EXAMPLE|<|\.\.\.")


def holds_key(text: str) -> bool:
    """Whether the text holds a key that is no stand-in such as sk-xxxxxxxx."""
    return any(_is_key(m[0]) for m in _KEYS.finditer(text))


def _is_key(key: str) -> bool:
    # "sk-learn-something-long" has the form of a key, but not its letters.
    plain = key.startswith("sk-") and not re.search(r"\d", key)
    return not plain and not _STAND_INS.search(key)


_KEYS = regex(_PATTERN)


def _condition(options: LintOptions) -> pl.Expr:
    return each_matching(pl.col("text"), english(_PATTERN), holds_key)


def _first(options: LintOptions) -> pl.Expr:
    # Plain literals: found several at a time by vector instructions.
    return pl.col("text").str.contains(
        r"(?-u:AKIA|ASIA|ABIA|ACCA|gh[pousr]_|github_pat|sk-|AIza|GOCSPX|ya29|xox[abeoprs]-|xapp-|hooks\.slack|[srp]k_live"
        r"|[srp]k_test|whsec_|hf_|gl(?:pat|ptt|dt|rt|ft|soat|cbt|agent|oas|imt|ffct)-|npm_|pypi-Ag|SG\.|:AA|AccountKey|do[opr]_v1|gsk_|xai-|r8_|shp(?:at|ca|pa|ss)_|dapi|pplx-|sq0csp-|sq0atp-|EAAA|token\$prod|/api/webhooks/|hvs\.|hvb\.|lin_api_|secret_|ntn_|NRAK-|ATATT3|PMAK-|dckr_|figd_|sntrys_|sntryu_|CFPAT-|glsa_|EAACEd|key-|nvapi-|tvly-|sbp_|sb_secret|ph[cx]_|lsv2_|pul-|rubygems_|sgp_|tskey-|dt0[a-z][0-9]|EZ[AT]K|atlasv1|ops_eyJ|1//0|APA91b|sk\.eyJ|shippo_|xkeysib|pscale_|nfp_|pcsk_|jina_|rzp_|FLWSECK|HRKU-|LTAI|ABSK|AKCp|glc_|EAA[0-9A-Za-z]{30}|dp\.[a-z]{2,5}\.|pat[0-9A-Za-z]{14}\.|fw_[0-9A-Za-z]{22}|SK[0-9a-f]{32}|re_[0-9A-Za-z]{8}_|pa-[0-9A-Za-z_-]{43})|[MNO][0-9A-Za-z_-]{23,27}\.[0-9A-Za-z_-]{6}\.|[0-9a-f]{32}-us[0-9]"
    )


RULE = ColumnRule(
    about=About(
        code="PII007",
        name="provider-key",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="an API key or token of a known provider stands in the text",
        reason="Whoever gets the model or the data can use it. Treat it as lost: revoke it.",
        example='{"prompt": "Connect", "completion": "token = ghp_16C7e42F292c6912E7710c838347Ae178B4a"}',
        remedy="Revoke the key, then remove it.",
    ),
    frame="segments",
    condition=_condition,
    message="a key or token of a provider: {match}",
    pattern=english(_PATTERN),
    mask=mask_secret,
    first=_first,
)
