"""Planted tasks: sets whose right answer (retrieve, fine-tune, prompt) is known by how they are made.

    python benchmarks/compare_tasks.py FOLDER

writes, for each task, `train.jsonl`, `val.jsonl` and `test.jsonl` (and `docs/`, where there are some)
below FOLDER. Everything is drawn from one seed, so two calls write the same bytes.

- facts: invented places, whose founder, year, river and use only `docs/` tells. No place of the test
  set occurs in the training set: what was learnt by heart cannot help.
- format: orders in everyday words, to be turned into one JSON object with keys, codes and number
  types that no model could guess.
- known: read a sentence back word for word, which a small chat model does with a few examples.
- format-shuffled: `format`, its training and validation answers dealt out to other requests.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Sets = dict[str, list[Row]]


def chat(prompt: str, answer: str, system: str | None = None) -> Row:
    """One row of the chat format."""
    turns = [{"role": "system", "content": system}] if system else []
    turns += [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    return {"messages": turns}


def says_the_fact(output: str, reference: str) -> float:
    """1 where the reference's words stand in the output; a metric for `curate compare --metric`."""
    return float(reference.casefold().rstrip(".") in output.casefold())


# ------------------------------------------------------------------------------------------------
# Facts that only the documents hold

_FIRST = ("Mar", "Ol", "Tes", "Bran", "Ed", "Iso", "Hal", "Wil", "Cor", "Jun", "Pet", "Ros")
_LAST = ("ta", "den", "sa", "don", "ric", "bel", "ward", "ma", "in", "o", "ra", "wen")
_FAMILY = ("Quill", "Harrow", "Vance", "Ashdown", "Pellow", "Strand", "Mercer", "Thorne", "Lowe")
_TOWN = ("Var", "Els", "Grim", "Tol", "Hest", "Mor", "Wend", "Kar", "Bel", "Sker", "Ond", "Fal")
_ENDING = ("holt", "mere", "by", "wick", "stead", "ford", "combe", "thorpe")
_PLACES = ("mill", "chapel", "observatory", "tannery", "brewery", "lighthouse", "bathhouse")
_RIVERS = ("Asker", "Lenne", "Torrow", "Wissel", "Dunmer", "Calder", "Ivel", "Sorne", "Brathe")
_USES = (
    "a museum of clocks",
    "a school of music",
    "a youth hostel",
    "a puppet theatre",
    "a public library",
    "a bicycle workshop",
    "a gallery of maps",
)


def facts(rng: random.Random) -> tuple[Sets, list[str]]:
    """Questions on invented places, and one passage on each of them."""
    towns = [first + last for first in _TOWN for last in _ENDING]
    rng.shuffle(towns)
    passages: list[str] = []
    rows: list[list[Row]] = []
    for town in towns[:90]:
        name = f"{town} {rng.choice(_PLACES)}"
        founder = f"{rng.choice(_FIRST)}{rng.choice(_LAST)} {rng.choice(_FAMILY)}"
        year, river, use = rng.randint(1610, 1890), rng.choice(_RIVERS), rng.choice(_USES)
        passages.append(
            f"The {name} was founded by {founder} in {year}. It stands on the river {river}. "
            f"Today it is {use}."
        )
        rows.append(
            [
                chat(f"Who founded the {name}?", f"{founder}."),
                chat(f"In which year was the {name} founded?", f"{year}."),
                chat(f"On which river does the {name} stand?", f"{river}."),
                chat(f"What is the {name} today?", f"{use}."),
            ]
        )
    parts = {"train": rows[:55], "val": rows[55:65], "test": rows[65:]}
    return {n: [row for group in part for row in group] for n, part in parts.items()}, passages


# ------------------------------------------------------------------------------------------------
# A form that no prompt tells

_ITEMS = {
    "desk lamp": "LMP",
    "kitchen scale": "SCL",
    "garden hose": "HOS",
    "wool blanket": "BLK",
    "tea kettle": "KTL",
    "wall clock": "CLK",
    "picture frame": "FRM",
    "oak stool": "STL",
}
_COLOURS = ("red", "blue", "green", "white", "grey", "black")
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "a dozen": 12}
_CITIES = ("Leeds", "Cork", "Turin", "Bergen", "Ghent", "Porto", "Lyon", "Graz")
_DAYS = {"Monday": 1, "Tuesday": 2, "Wednesday": 3, "Thursday": 4, "Friday": 5, "Saturday": 6}
_ORDERS = (
    "Could you send {count} {colour} {item} to our shop in {city} by {day}?",
    "We are out of the {colour} {item} here in {city}. Please get {count} to us before {day}.",
    "Order for {city}: {count} {item}, {colour}, needed on {day}.",
    "Hello, it is {city} again. {day} would be fine for {count} {item} in {colour}.",
    "By {day} I need {count} {colour} {item}, delivered to {city}, thank you.",
)


def formats(rng: random.Random) -> Sets:
    """Orders and their records; the codes are learnt from examples or not at all."""

    def row() -> Row:
        item, colour = rng.choice(list(_ITEMS)), rng.choice(_COLOURS)
        count, city, day = rng.choice(list(_COUNTS)), rng.choice(_CITIES), rng.choice(list(_DAYS))
        said = rng.choice(_ORDERS).format(count=count, colour=colour, item=item, city=city, day=day)
        record = {
            "sku": f"{_ITEMS[item]}-{colour[:2].upper()}",
            "qty": _COUNTS[count],
            "dest": city.lower(),
            "wday": _DAYS[day],
        }
        return chat(said, json.dumps(record), "Turn the order into a record.")

    return _parts({}, row, 480, 60, 120)


def shuffled(sets: Sets, rng: random.Random) -> Sets:
    """The same prompts, the answers of training and validation rows dealt out anew."""
    dealt: Sets = {"test": sets["test"]}
    for name in ("train", "val"):
        answers = [row["messages"][-1] for row in sets[name]]
        rng.shuffle(answers)
        dealt[name] = [
            {"messages": [*row["messages"][:-1], answer]}
            for row, answer in zip(sets[name], answers, strict=True)
        ]
    return dealt


# ------------------------------------------------------------------------------------------------
# What the model does anyway

_WHO = ("The old sailor", "A young teacher", "My neighbour", "The baker", "Our gardener")
_MORE = ("The tall nurse", "A quiet student", "The postman", "His cousin", "The night porter")
_DID = ("bought", "found", "painted", "sold", "carried", "repaired", "borrowed", "counted")
_WHAT = ("a blue bicycle", "three wooden chairs", "two small boats", "a copper kettle")
_ALSO = ("a box of nails", "seven red apples", "an old clock", "a pair of boots", "a green door")
_WHERE = ("near the harbour", "in the village", "behind the church", "at the market", "on the hill")


def known(rng: random.Random) -> Sets:
    """Sentences to be read back."""

    def row() -> Row:
        parts = (_WHO + _MORE, _DID, _WHAT + _ALSO, _WHERE)
        said = " ".join(rng.choice(part) for part in parts) + "."
        return chat(f"Repeat this sentence exactly, and write nothing else: {said}", said)

    return _parts({}, row, 240, 40, 120)


def _parts(met: dict[str, None], row: Callable[[], Row], *counts: int) -> Sets:
    """Train, validation and test rows, no two of them alike."""
    sets: Sets = {}
    for name, count in zip(("train", "val", "test"), counts, strict=True):
        rows: list[Row] = []
        while len(rows) < count:
            made = row()
            key = json.dumps(made)
            if key not in met:
                met[key] = None
                rows.append(made)
        sets[name] = rows
    return sets


# ------------------------------------------------------------------------------------------------


def write_tasks(folder: Path, seed: int = 0) -> None:
    """All planted tasks below `folder`."""
    made, passages = facts(random.Random(seed))
    plain = formats(random.Random(seed))
    tasks = {
        "facts": made,
        "format": plain,
        "format-shuffled": shuffled(plain, random.Random(seed)),
        "known": known(random.Random(seed)),
    }
    for task, sets in tasks.items():
        for name, rows in sets.items():
            write_rows(folder / task / f"{name}.jsonl", rows)
    docs = folder / "facts" / "docs"
    docs.mkdir(parents=True, exist_ok=True)
    for i, passage in enumerate(passages):
        (docs / f"{i:02}.md").write_text(passage + "\n", encoding="utf-8")


def write_rows(path: Path, rows: list[Row]) -> None:
    """Rows as JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    write_tasks(Path(sys.argv[1]))
