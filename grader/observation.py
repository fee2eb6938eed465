"""What a play showed, as the judge holds it, and how it is put into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch._tensor_str import printoptions

from drill.grader.codec import Foreign, Raised, Record, SeenTensor

End = Literal["", "late", "crash", "exit", "memory", "malformed"]
SHOWN = 700


@dataclass(frozen=True)
class Observation:
    """One play of one side.

    `error` holds the class names, text and own frames of what it raised; `changed` the arguments
    it modified, by name, as they are now; `end` says how the player went, if it did.
    """

    value: Any = None
    error: Mapping[str, Any] | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, float] = field(default_factory=dict)
    breaches: tuple[Mapping[str, Any], ...] = ()
    cpu: float = 0.0
    end: End = ""
    detail: str = ""


def clean(text: str) -> str:
    """Text without control characters: what a submission says must not steer a terminal."""
    return "".join(
        character for character in text if character.isprintable() or character in "\n\t"
    )


def describe(value: Any) -> str:
    """A value as the learner would write it, cut to a screenful, harmless to a terminal."""
    text = clean(_text(value))
    return text if len(text) <= SHOWN else text[:SHOWN] + " ..."


def _text(value: Any) -> str:
    match value:
        case SeenTensor():
            return _tensor_text(value)
        case Raised():
            return f"{value.classes[0]}: {value.text}" if value.text else value.classes[0]
        case Foreign():
            return f"a {value.name}" + (f" ({value.text})" if value.text else "")
        case Record():
            inside = ", ".join(f"{name}={_text(item)}" for name, item in value.fields.items())
            return f"{value.name}({inside})"
        case list():
            return "[" + ", ".join(_text(item) for item in value[:200]) + "]"
        case tuple():
            items = ", ".join(_text(item) for item in value[:200])
            return f"({items},)" if len(value) == 1 else f"({items})"
        case dict():
            return "{" + ", ".join(f"{_text(k)}: {_text(v)}" for k, v in value.items()) + "}"
    return repr(value)


def _tensor_text(seen: SeenTensor) -> str:
    values = seen.values
    if values.numel() > 64:
        return f"a tensor of shape {tuple(values.shape)}, {_dtype(values.dtype)}"
    if values.dtype.itemsize == 1 and values.is_floating_point():
        values = values.float()  # eight-bit floats can't be printed
    sizes = values.abs() if values.is_floating_point() or values.is_complex() else values
    finite = sizes[sizes.isfinite()]
    readable = finite.numel() > 0 and 1e-3 <= float(finite.max()) < 1e5
    with printoptions(precision=5, linewidth=88, sci_mode=False if readable else None):
        return repr(values)


def _dtype(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def describe_error(error: Mapping[str, Any]) -> str:
    """An error with the learner's own line: `ValueError: no (line 7, in softmax: x / 0)`."""
    text = f"{error['classes'][0]}: {error['text']}" if error["text"] else error["classes"][0]
    for cause in error["causes"]:
        if cause["class"] == "OutOfBounds":
            text = cause["text"]
    where = own_line(error)
    return f"{text.strip()[:500]}{where}"


def own_line(error: Mapping[str, Any]) -> str:
    """Where in the submission the error came from, in brackets; empty if nowhere."""
    if not error["frames"]:
        return ""
    frame = error["frames"][-1]
    inside = f", in {frame['name']}" if frame["name"] not in ("", "<module>") else ""
    return f" (line {frame['line']}{inside}: {frame['code'].strip()})"
