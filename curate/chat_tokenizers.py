"""A tokenizer with its chat template, from its own files: tokenizer.json and what lies beside it.

Needs the extra `tokenizers` (the packages tokenizers and jinja2; neither torch nor transformers).
"""

from __future__ import annotations

import importlib.util
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import UserError
from curate.light_dataclass import dataclass

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from curate.chat_templates import ChatTemplate

INSTALL = "pip install 'curate-ft[tokenizers]'"
# transformers writes int(1e30) for "not known".
_NO_LIMIT = 10**9
_SPECIAL_KEYS = (
    *("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"),
    *("image_token", "audio_token", "video_token"),
)


@dataclass(frozen=True, slots=True, eq=False)
class ChatTokenizer:
    """What is needed to count tokens.

    Attributes:
        tokenizer: text → ids, with offsets.
        template: None when the tokenizer has no chat template.
        special: the texts of the special tokens, which must not stand in a message.
        ending: ids that can end a turn: EOS, and the other special tokens except BOS.
        eos, bos, unknown: ids, None where there is no such token.
        adds_bos: whether encoding plain text puts BOS in front.
        longest: the longest input that the tokenizer's files state, in tokens.
    """

    name: str
    tokenizer: Tokenizer
    template: ChatTemplate | None
    special: tuple[str, ...]
    ending: frozenset[int]
    eos: int | None
    bos: int | None
    unknown: int | None
    adds_bos: bool
    longest: int | None


def missing_packages() -> str | None:
    """How to install what is missing for counting tokens, or None when all is there."""
    missing = [n for n in ("tokenizers", "jinja2") if importlib.util.find_spec(n) is None]
    return f"{' and '.join(missing)} not installed: {INSTALL}" if missing else None


@lru_cache(maxsize=2)
def load_chat_tokenizer(name: str) -> ChatTokenizer:
    """The tokenizer in a folder, in a tokenizer.json, or on the hub.

    Raises:
        UserError: it is not found, is damaged, or the extra `tokenizers` is not installed.
    """
    if missing := missing_packages():
        raise UserError(f"--tokenizer: {missing}")
    return _load(name, _local(name))


def _local(name: str) -> dict[str, Path]:
    """The tokenizer's files by name; those of a hub id are fetched, or taken from the cache."""
    names = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "config.json")
    path = Path(name).expanduser()
    if path.is_file() and path.suffix == ".json":
        path = path.parent
    if path.is_dir():
        if not (path / "tokenizer.json").is_file():
            raise UserError(
                f"--tokenizer {name}: no tokenizer.json in this folder; save the tokenizer there "
                "with transformers' save_pretrained"
            )
        return {n: path / n for n in names if (path / n).is_file()}
    looks_local = path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1
    if looks_local or path.suffix in (".json", ".gguf") or ":" in name:
        raise UserError(
            f"--tokenizer {name}: no such file or folder; expected a folder with tokenizer.json, "
            "that file, or a hub id"
        )
    found = {n: _from_hub(name, n, required=n == "tokenizer.json") for n in names}
    return {n: p for n, p in found.items() if p is not None}


def _from_hub(name: str, file: str, *, required: bool) -> Path | None:
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError
    except ImportError:
        raise UserError(
            f"--tokenizer {name}: no such folder, and huggingface_hub is not installed: {INSTALL}"
        ) from None
    try:
        return Path(hf_hub_download(name, file))
    except (EntryNotFoundError, LocalEntryNotFoundError, OSError, ValueError) as error:
        if required:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UserError(
                f"--tokenizer {name}: not a folder here, and not to be had from the hub ({reason})"
            ) from None
        return None


def _load(name: str, files: dict[str, Path]) -> ChatTokenizer:
    from tokenizers import Tokenizer

    from curate.chat_templates import ChatTemplate, TemplateFailure

    try:
        tokenizer = Tokenizer.from_file(str(files["tokenizer.json"]))
    except Exception as error:  # the package raises bare Exception for a file it cannot read
        raise UserError(f"--tokenizer {name}: tokenizer.json cannot be read: {error}") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    config = _json_object(name, files.get("tokenizer_config.json"))
    tokens = {key: text for key in _SPECIAL_KEYS if (text := _text(config.get(key))) is not None}
    source = _template_source(name, config, files.get("chat_template.jinja"))
    try:
        template = None if source is None else ChatTemplate(source, tokens)
    except TemplateFailure as error:
        raise UserError(f"--tokenizer {name}: {error}") from None
    special = {i: t.content for i, t in tokenizer.get_added_tokens_decoder().items() if t.special}
    ids = {key: tokenizer.token_to_id(tokens[key]) if key in tokens else None for key in tokens}
    eos, bos = ids.get("eos_token"), ids.get("bos_token")
    ending = {i for i in special if i != bos} | ({eos} if eos is not None else set())
    bare = tokenizer.encode("a").ids
    return ChatTokenizer(
        name=name,
        tokenizer=tokenizer,
        template=template,
        special=tuple(sorted(special.values(), key=len, reverse=True)),
        ending=frozenset(ending),
        eos=eos,
        bos=bos,
        unknown=ids.get("unk_token"),
        adds_bos=bos is not None and bare[:1] == [bos],
        longest=_longest(config, _json_object(name, files.get("config.json"))),
    )


def _json_object(name: str, path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UserError(f"--tokenizer {name}: {path.name} cannot be read: {error}") from None
    return value if isinstance(value, dict) else {}


def _text(token: Any) -> str | None:
    """A special token's text: a string, or an object with its content."""
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) else None


def _template_source(name: str, config: dict[str, Any], path: Path | None) -> str | None:
    if path is not None:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--tokenizer {name}: {path.name} cannot be read: {error}") from None
    template = config.get("chat_template")
    if isinstance(template, list):  # several, by name
        named = {t.get("name"): t.get("template") for t in template if isinstance(t, dict)}
        template = named.get("default", next(iter(named.values()), None))
    return template if isinstance(template, str) else None


def _longest(config: dict[str, Any], model: dict[str, Any]) -> int | None:
    """The context: what the tokenizer states, or else the model's number of positions."""
    for value in (config.get("model_max_length"), model.get("max_position_embeddings")):
        if isinstance(value, (int, float)) and 0 < value < _NO_LIMIT:
            return int(value)
    return None
