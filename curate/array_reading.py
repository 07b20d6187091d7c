"""The elements of a JSON array, one by one, with the original text of each; memory holds a window."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from curate import kernel
from curate.diagnosing import diagnose
from curate.errors import UserError
from curate.faults import BATCH_ROWS, BOM, Fault, RawBatch, excerpt_around
from curate.json_repair import finite, without_lone_surrogates
from curate.line_block import LineBlock
from curate.patterns import regex

_RESYNC = regex(r",\s*(?=\{)")


def read_array(path: str, head: bytes, blocks: Iterator[bytes]) -> Iterator[RawBatch | LineBlock]:
    """The elements of an array one by one, holding only a window of the text.

    A file that is one object with one list of objects in it ({"data": […]}) is read as that list. The kernel
    finds the elements of an array up to the first that is not plain JSON; "lines" are then elements.
    """
    faults: list[Fault] = []
    if head.startswith(BOM):
        head = head.removeprefix(BOM)
        faults.append(Fault("byte-order-mark", 1, "the file starts with a UTF-8 byte-order mark"))
    record, passed = 0, 0
    engine = kernel.load()
    if engine is not None and head.lstrip(b" \t\r\n").startswith(b"["):
        text = head[head.index(b"[") + 1 :]
        passed = len(head) - len(text)
        while True:
            starts, ends, after = engine.elements(np.frombuffer(text, np.uint8))
            if len(starts):
                yield LineBlock(path, text, starts, ends, record + 1, tuple(faults))
                record, faults = record + len(starts), []
            passed, text = passed + after, text[after:]
            following = next(blocks, None) if len(starts) and not text.startswith(b"]") else None
            if following is None:
                break
            text += following
        # The rest is read as an array of its own.
        head, passed = b"[" + text, passed - 1
    yield from _read_by_python(path, _Window(path, head, blocks, passed), record, faults)


def _read_by_python(
    path: str, window: _Window, record: int, faults: list[Fault]
) -> Iterator[RawBatch]:
    """The elements after the first `record` ones."""
    window.skip_space()
    wrapper = window.peek() == "{"
    if wrapper:
        window.enter_wrapped_list()
    else:
        window.position += 1
    batch = RawBatch(path, faults=faults)
    while window.next_element():
        record += 1
        batch.rows_met += 1
        value = window.decode(record, batch.faults)
        if value is not _NOTHING:
            batch.values.append(value[0])
            batch.lines.append(record)
            batch.raw.append(value[1].encode())
        if len(batch.values) >= BATCH_ROWS:
            yield batch
            batch = RawBatch(path)
    if not wrapper and not window.closed:
        batch.faults.append(Fault("invalid-json", record or 1, "the array is not closed with ]"))
    if batch.rows_met or batch.faults:
        yield batch


_NOTHING: Any = object()
_MOST_DIGITS = 4000
# Lists that belong to one record; any other list of objects in a lone object is the data set.
_RECORD_LISTS = {
    "messages",
    "conversations",
    "conversation",
    "tools",
    "functions",
    "prompt",
    "completion",
    "chosen",
    "rejected",
    "preferred_output",
    "non_preferred_output",
}


class _Window:
    """A sliding window over the text of an array; only what is still unread is kept."""

    def __init__(self, path: str, head: bytes, blocks: Iterator[bytes], passed: int) -> None:
        """`passed` bytes of the file stand before `head`."""
        self._path = path
        self._blocks = blocks
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._json = json.JSONDecoder(parse_constant=self._note_constant, parse_int=self._integer)
        self._offset = passed
        self._ended = False
        self._constant_met = False
        self.closed = False
        self.text = self._decode(head)
        self.position = 0

    def _decode(self, block: bytes, final: bool = False) -> str:
        try:
            return self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            raise UserError(
                f"{self._path}: byte {self._offset + error.start + 1:,} is not valid UTF-8; "
                "convert the file to UTF-8 first"
            ) from None
        finally:
            self._offset += len(block)

    def grow(self) -> bool:
        """Read one more block; False at the end of the file."""
        if self._ended:
            return False
        block = next(self._blocks, None)
        if block is None:
            self._ended = True
            self._decode(b"", final=True)  # a character that is cut off at the end is an error
            return False
        self.text = self.text[self.position :] + self._decode(block)
        self.position = 0
        return True

    def skip_space(self) -> None:
        while True:
            while self.position < len(self.text) and self.text[self.position] in " \t\r\n":
                self.position += 1
            if self.position < len(self.text) or not self.grow():
                return

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def next_element(self) -> bool:
        """Move to the next element; False when the array or the file is at its end."""
        self.skip_space()
        if self.peek() == ",":
            self.position += 1
            self.skip_space()
        if self.peek() in ("]", ""):
            self.closed = self.peek() == "]"
            return False
        return True

    def _note_constant(self, name: str) -> float:
        """NaN and Infinity: Python's parser takes them, JSON does not."""
        self._constant_met = True
        return float(name.replace("Infinity", "inf"))

    def _integer(self, digits: str) -> float:
        """Python refuses to convert very long numbers; 64 bits, which are read here, have 20 digits."""
        if len(digits) <= _MOST_DIGITS:
            return int(digits)
        self._constant_met = True
        return float("inf")

    def _beyond_json(self, text: str, record: int) -> Fault | None:
        """The fault of an element that Python's parser takes and JSON forbids."""
        suspicious = self._constant_met or "\\ud" in text or "\\uD" in text
        self._constant_met = False
        if suspicious:
            try:
                orjson.loads(text)
            except orjson.JSONDecodeError as error:
                return diagnose(text.encode(), record, str(error))
        return None

    def decode(self, record: int, faults: list[Fault]) -> Any:
        """(value, its text), or _NOTHING after recording why it does not parse."""
        while True:
            try:
                value, end = self._json.raw_decode(self.text, self.position)
                if end == len(self.text) and self.grow():
                    continue  # a number may go on in the next block
                text = self.text[self.position : end]
                self.position = end
                if fault := self._beyond_json(text, record):
                    faults.append(fault)
                    raw = text.encode()
                    mended = without_lone_surrogates(raw) or finite(raw)
                    return _NOTHING if mended is None else (orjson.loads(mended), text)
                return value, text
            except RecursionError:
                faults.append(Fault("invalid-json", record, "nested too deeply"))
                self._resync(self.position + 1)
                return _NOTHING
            except json.JSONDecodeError as error:
                # The fault may only be that the element goes on beyond the window.
                cut = error.pos >= len(self.text) - 16 or "Unterminated" in error.msg
                if cut and self.grow():
                    continue
                excerpt, span = excerpt_around(
                    self.text[self.position :].encode(errors="replace")[: 1 << 16],
                    len(self.text[self.position : error.pos].encode(errors="replace")) + 1,
                )
                what = error.msg[0].lower() + error.msg[1:]
                faults.append(
                    Fault(
                        "invalid-json",
                        record,
                        f"not valid JSON: {what}",
                        excerpt=excerpt,
                        span=span,
                        raw=excerpt.encode(),  # where a broken element ends is not known
                    )
                )
                self._resync(max(error.pos, self.position + 1))
                return _NOTHING

    def _resync(self, start: int) -> None:
        """After a broken element: go on at the next place where an object can start."""
        while True:
            match = _RESYNC.search(self.text, min(start, len(self.text)))
            if match:
                self.position = match.start()
                return
            end = self.text.rstrip()
            self.position = max(len(end) - 1, 0) if end.endswith("]") else len(self.text)
            start = self.position
            kept = len(self.text) - self.position
            if not self.grow():
                return
            start = max(0, kept - 1)
            self.position = 0

    def enter_wrapped_list(self) -> None:
        """For {"data": [...]}: stand before the first element of the list."""
        while self.grow():
            pass
        try:
            whole, _ = self._json.raw_decode(self.text, self.position)
        except (json.JSONDecodeError, RecursionError) as error:
            raise UserError(
                f"{self._path}: not valid JSON: {error}; expected an array of objects"
            ) from None
        lists = [
            key
            for key, value in whole.items()
            if key not in _RECORD_LISTS
            and isinstance(value, list)
            and value
            and isinstance(value[0], dict)
        ]
        if len(lists) != 1:
            # One pretty-printed record on its own.
            self.text, self.position = f"{self.text[self.position :].rstrip()}]", 0
            return
        self.text, self.position = json.dumps(whole[lists[0]], ensure_ascii=False)[1:], 0
