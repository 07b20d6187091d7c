"""The index of earlier runs in Redis, through datasketch's storage, shared by several machines.

The counterpart of `curate.dedupe_index` with the same answers. For each band a `RedisSetStorage` leads
from a band key to the rows that have it; a `RedisListStorage` leads from a row to its sketch, place and
text. Rows are written before their keys, so a run that is killed leaves rows that nobody finds, and no
key without its row. Looking up n new rows asks for n · bands keys, whatever the size of the index.

Two runs at the same time do not see each other's new rows; each row that stays is added by both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import numpy as np
import orjson

from curate.dedupe_index import IndexParameters, differences
from curate.errors import UserError
from curate.matching import Sketched
from curate.schemas.dedupe_artifacts import RowPlace
from curate.signatures import U32
from curate.texts import I64, ListSource, TextSource

_ASKED_AT_ONCE = 10_000
_FORMAT = b"1"
Value = TypeVar("Value")


class SharedIndex:
    """An index in Redis; it need not exist yet."""

    def __init__(self, url: str, parameters: IndexParameters) -> None:
        """Open. Raises UserError when it was made with other parameters or cannot be reached."""
        import redis
        from datasketch.storage import (  # type: ignore[import-untyped]  # no type hints
            ordered_storage,
            unordered_storage,
        )

        server, self._name = _place(url)
        self._config = {"type": "redis", "redis": server, "redis_buffer": {"transaction": False}}
        self._redis = redis.Redis(**server)
        try:
            self._claim(url, parameters)
        except redis.ConnectionError as error:
            raise UserError(f"{url}: Redis cannot be reached ({error})") from None
        self._rows = ordered_storage(self._config, self._key("row:"))
        self._bands = [
            unordered_storage(self._config, self._key(f"band:{band}:"))
            for band in range(parameters.bands)
        ]

    def __len__(self) -> int:
        return int(self._rows.size())

    def candidates(self, columns: U32) -> tuple[TextSource, Sketched, list[RowPlace]]:
        """The indexed rows that share a key with the new rows: texts, sketches, places."""
        found: set[bytes] = set()
        for storage, keys in zip(self._bands, columns, strict=True):
            wanted = (key.tobytes() for key in np.unique(keys).astype("<u4"))
            for some in _batched(wanted):
                found.update(*storage.getmany(*some))
        texts: list[str] = []
        places: list[RowPlace] = []
        sketches: list[tuple[bytes, bytes, bytes]] = []
        for some in _batched(sorted(found)):
            for keys_, digest, tokens, place, text in self._rows.getmany(*some):
                path, line = orjson.loads(place)
                texts.append(text.decode("utf-8", "surrogatepass"))
                places.append(RowPlace(path=path, line=line))
                sketches.append((keys_, digest, tokens))
        parts = [b"".join(part) for part in zip(*sketches, strict=True)] or [b"", b"", b""]
        return (
            ListSource(texts),
            Sketched(
                np.ascontiguousarray(
                    np.frombuffer(parts[0], "<u4").reshape(-1, len(columns)).T, np.uint32
                ),
                np.frombuffer(parts[1], "<u8").reshape(-1, 2).astype(np.uint64),
                np.frombuffer(parts[2], "<u4").astype(np.uint32),
            ),
            places,
        )

    def add(
        self, source: TextSource, sketched: Sketched, rows: I64, places: list[RowPlace]
    ) -> None:
        """Add these rows of a source."""
        stays = [(r, p) for r, p in zip(rows.tolist(), places, strict=True) if sketched.tokens[r]]
        if not stays:
            return
        last = int(self._redis.incrby(self._key("last"), len(stays)))
        numbered = enumerate(stays, last - len(stays) + 1)
        for some in _batched(numbered):
            # Eight bytes in order of arrival, so that the earlier of two equal matches comes first.
            names = [number.to_bytes(8, "big") for number, _ in some]
            index = np.array([row for _, (row, _) in some], np.int64)
            keys = np.ascontiguousarray(sketched.columns[:, index].T, "<u4")
            texts = source.take(index)
            bounds = texts.offsets.tolist()
            for i, (name, (_, (row, place))) in enumerate(zip(names, some, strict=True)):
                self._rows.insert(
                    name,
                    keys[i].tobytes(),
                    sketched.digests[row].astype("<u8").tobytes(),
                    sketched.tokens[row].astype("<u4").tobytes(),
                    orjson.dumps([place.path, place.line]),
                    texts.data[bounds[i] : bounds[i + 1]],
                    buffer=True,
                )
            self._rows.empty_buffer()
            for band, storage in enumerate(self._bands):
                for i, name in enumerate(names):
                    storage.insert(keys[i, band].tobytes(), name, buffer=True)
                storage.empty_buffer()

    def _claim(self, url: str, parameters: IndexParameters) -> None:
        """Note the parameters of a new index; refuse those that differ from an old one's."""
        key = self._key("parameters")
        mine = _FORMAT + b" " + orjson.dumps(parameters.model_dump())
        if self._redis.set(key, mine, nx=True):
            return
        stored: Any = self._redis.get(key)
        version, _, theirs = (stored or b"").partition(b" ")
        if version != _FORMAT:
            raise UserError(f"{url}: not an index that this version of curate can read")
        if differ := differences(orjson.loads(theirs), parameters):
            raise UserError(
                f"{url}: was made with {differ}; bands and rows follow from --threshold. Use the same "
                "options, or another name"
            )

    def _key(self, name: str) -> bytes:
        return f"curate:{self._name}:{name}".encode()


def _batched(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Lists of some thousands of values."""
    found: list[Value] = []
    for value in values:
        found.append(value)
        if len(found) == _ASKED_AT_ONCE:
            yield found
            found = []
    if found:
        yield found


def _place(url: str) -> tuple[dict[str, Any], str]:
    """The server and the index's name in redis://[USER:PASSWORD@]HOST[:PORT]/DB/NAME."""
    parts = urlsplit(url)
    try:
        database, name = parts.path.strip("/").split("/")
        if parts.scheme not in ("redis", "rediss") or not parts.hostname or not name:
            raise ValueError
        server: dict[str, Any] = {
            "host": parts.hostname,
            "port": parts.port or 6379,
            "db": int(database),
        }
    except ValueError:
        raise UserError(f"{url}: expected redis://HOST[:PORT]/DATABASE/NAME") from None
    if parts.scheme == "rediss":
        server["ssl"] = True
    if parts.username:
        server["username"] = unquote(parts.username)
    if parts.password:
        server["password"] = unquote(parts.password)
    return server, name
