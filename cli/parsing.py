"""Reads the document of a history strictly: what is wrong in it is named with its place."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from drill.cli.history import (
    FORMAT,
    KIND,
    Answer,
    Attempt,
    GiveUp,
    Hint,
    History,
    Round,
    RoundEnd,
    Row,
    Start,
    same,
    stamp,
)
from drill.cli.rounds import read_card, read_plan
from drill.cli.stages import read_stages
from drill.grader.catalog import ID
from drill.grader.verdict import Verdict

VERDICT_FORMAT = 1

# A uid comes from a file, and may be shown: nothing in it moves a cursor.
UID = "[0-9A-Za-z_.:+-]{1,200}"

# A quiz card, or a stage of a round.
CARD = "[0-9a-z][0-9a-z_/-]{0,199}"
ANSWERED = (("card", str), ("made", int), ("points", int))

R = TypeVar("R", bound=Row)


class NewerFormatError(ValueError):
    """A document of a later drill."""


def parse(document: object) -> History:
    """The history of a document. Raises ValueError, which says what is wrong and where."""
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise ValueError("it is some other document")
    version = document.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise NewerFormatError(f"its format is {version}, known is {FORMAT}")
    if version != FORMAT:
        raise ValueError("its format is no number that was ever used")
    return History(
        _rows(document, "attempts", _attempt),
        _rows(document, "hints", _hint),
        _rows(document, "give_ups", lambda row: GiveUp(*_read_head(row))),
        # The first versions kept no starts, no rounds and no answers.
        _rows({"starts": [], **document}, "starts", _start),
        _rows({"rounds": [], **document}, "rounds", _round),
        _rows({"round_ends": [], **document}, "round_ends", _round_end),
        _rows({"answers": [], **document}, "answers", _answer),
    )


def _rows(
    document: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any]], R]
) -> tuple[R, ...]:
    listed = document.get(key)
    if not isinstance(listed, list):
        raise ValueError(f"it has no list of {key}")
    found: dict[str, R] = {}
    for number, item in enumerate(listed):
        where = f"{key}[{number}]"
        try:
            row = read(item if isinstance(item, dict) else {})
        except ValueError as fault:
            raise type(fault)(f"{where}: {fault}") from fault
        if not same(found.setdefault(row.uid, row), row):
            raise ValueError(f"{where}: another row has its uid")
    return tuple(sorted(found.values(), key=lambda row: (row.at, row.uid)))


def _attempt(row: Mapping[str, Any]) -> Attempt:
    uid, drill, at = _read_head(row)
    verdict = _verdict(row.get("verdict"))
    if verdict.drill != drill:
        raise ValueError("its verdict is on another drill")
    source = _value(row, "source", str)
    if not source.isascii() and any("\ud800" <= char <= "\udfff" for char in source):
        raise ValueError("its source holds half a character")
    return Attempt(uid, drill, at, _value(row, "in_workspace", bool), source, verdict)


def _hint(row: Mapping[str, Any]) -> Hint:
    level = _value(row, "level", int)
    if level not in (1, 2, 3):
        raise ValueError("its level is not 1, 2 or 3")
    return Hint(*_read_head(row), level)


def _start(row: Mapping[str, Any]) -> Start:
    return Start(*_read_head(row), _value(row, "review", bool))


def _round(row: Mapping[str, Any]) -> Round:
    plan = read_plan(row.get("plan"))
    return Round(*_read_uid(row), plan, _value(row, "folder", str))


def _round_end(row: Mapping[str, Any]) -> RoundEnd:
    card = _value(row, "card", dict)
    try:
        results = read_stages(card).results if "stages" in card else read_card(card).results
        if not all(conforms(result, type(result)) for result in results):
            raise TypeError
        if not (conforms(card["score"], float) and conforms(card["signal"], str)):
            raise TypeError
    except (AttributeError, KeyError, TypeError) as fault:
        raise ValueError("its card holds what no card does") from fault
    return RoundEnd(*_read_uid(row), _value(row, "round", str), card)


def _answer(row: Mapping[str, Any]) -> Answer:
    card, made, points = (_value(row, key, kind) for key, kind in ANSWERED)
    seconds = _value(row, "seconds", float)
    if not (re.fullmatch(CARD, card) and 0 <= made <= points and math.isfinite(seconds)):
        raise ValueError("it holds what no answer does")
    return Answer(*_read_uid(row), card, made, points, float(seconds), _value(row, "text", str))


def _read_uid(row: Mapping[str, Any]) -> tuple[str, datetime]:
    uid = _value(row, "uid", str)
    if not re.fullmatch(UID, uid):
        raise ValueError("its uid is none")
    return uid, _time(_value(row, "at", str))


def _read_head(row: Mapping[str, Any]) -> tuple[str, str, datetime]:
    uid, at = _read_uid(row)
    drill = _value(row, "drill", str)
    if not re.fullmatch(ID, drill):
        raise ValueError("its drill is no id")
    return uid, drill, at


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return datetime.fromisoformat(stamp(at))
    except (ValueError, OverflowError):
        pass
    raise ValueError("its time is none, or lacks the zone")


def _verdict(document: object) -> Verdict:
    version = document.get("format") if isinstance(document, dict) else None
    if isinstance(version, int) and version > VERDICT_FORMAT:
        raise NewerFormatError("its verdict's format is newer")
    try:
        verdict = Verdict.from_json(document)  # type: ignore[arg-type]
    except (AttributeError, KeyError, TypeError) as fault:
        raise ValueError("its verdict lacks something") from fault
    if not conforms(verdict, Verdict) or not math.isfinite(verdict.seconds):
        raise ValueError("its verdict holds what no verdict does")
    return verdict


def _value(row: Mapping[str, Any], key: str, kind: type[Any]) -> Any:
    if not conforms(row.get(key), kind):
        raise ValueError(f"its {key} is missing or of another type")
    return row[key]


def conforms(value: object, hint: Any) -> bool:
    """Whether a value that was read from a file is what a type annotation says."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return value in inner
    if origin is UnionType:
        return any(conforms(value, one) for one in inner)
    if origin is list:
        return isinstance(value, list) and all(conforms(item, inner[0]) for item in value)
    if hint in (None, NoneType):
        return value is None
    if is_dataclass(hint):
        parts = _annotations(type(value)).items() if type(value) is hint else None
        return parts is not None and all(conforms(getattr(value, key), one) for key, one in parts)
    return _plain(value, origin or hint)


@cache
def _annotations(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _plain(value: object, kind: Any) -> bool:
    """The same for a plain type; true and false are no numbers, and a number has 64 bits."""
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, int) and kind in (int, float):
        return -(2**63) <= value < 2**63
    return isinstance(value, kind)
