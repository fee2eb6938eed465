"""One side of a grading as the judge sees it: a source text, played by a player that is replaced
whenever it dies or hangs."""

import functools
import hashlib
import json
import math
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from drill.grader.channel import Closed, Deadline, Late, Malformed
from drill.grader.codec import Recipe, decode_observation, encode_case
from drill.grader.errors import GraderError
from drill.grader.launcher import Launcher, Process
from drill.grader.observation import End, Observation, clean

IMPORT_LIMIT = 10.0  # seconds
LEAST_LIMIT = 2.0
KERNEL_LIMIT = 10.0  # Triton's interpreter is slow, and its reference is plain torch
TIMES_REFERENCE = 50.0
FIRST_CALL = 2.0  # lazy imports and first allocations come on top of the first call
LEAST_GRACE = 0.01  # seconds
MOST_STARVED = 2.0  # times its limit that a player may be given for waiting for a processor


@dataclass(frozen=True)
class EncodedCase:
    """A case as it goes over the wire, as drawn or promoted to float64."""

    tree: Any
    body: tuple[bytes | memoryview, ...]
    watched: tuple[str, ...]  # the arguments that a play must not modify unnoticed
    promoted: bool = False

    @functools.cached_property
    def digest(self) -> bytes:
        """Equal for equal cases."""
        made = hashlib.sha256(json.dumps(self.tree, sort_keys=True).encode())
        for part in self.body:
            made.update(part)
        return made.digest()


def encode(arguments: Mapping[str, Any], promoted: bool = False, align: int = 1) -> EncodedCase:
    """Encode a case; `promoted` turns floating tensors and dtypes into float64."""
    if promoted:
        arguments = {name: promote(value) for name, value in arguments.items()}
    tree, body = encode_case(arguments, align)
    watched = tuple(name for name, value in arguments.items() if not _has_recipe(value))
    return EncodedCase(tree, tuple(body), watched, promoted)


def promote(value: Any) -> Any:
    """The value with every floating tensor and dtype in it turned into float64."""
    match value:
        case Tensor() if value.is_floating_point():
            return value.detach().double().requires_grad_(value.requires_grad)
        case torch.dtype() if value.is_floating_point:
            return torch.float64
        case list():
            return [promote(item) for item in value]
        case tuple():
            return tuple(promote(item) for item in value)
        case dict():
            return {key: promote(item) for key, item in value.items()}
        case Recipe():
            return Recipe(value.function, promote(dict(value.arguments)))
    return value


def _has_recipe(value: Any) -> bool:
    match value:
        case Recipe():
            return True
        case list() | tuple():
            return any(_has_recipe(item) for item in value)
        case dict():
            return any(_has_recipe(item) for item in value.values())
    return False


@dataclass(frozen=True)
class Setting:
    """What all players of a grading share."""

    checks: str
    names: tuple[str, ...]
    rules: tuple[str, ...]
    needs: tuple[str, ...]
    kernel: bool
    scratch: Path
    cpu_seconds: int = 120


@dataclass
class Side:
    """A source text and its present player."""

    launcher: Launcher
    setting: Setting
    source: str
    siblings: Mapping[str, str] = field(default_factory=dict)
    trusted: bool = False  # the reference: its death is the grader's failure
    known: Mapping[str, str] = field(default_factory=dict)  # known mistakes: texts by name
    timed: bool = False  # without meters, for batches in a window
    process: Process | None = None
    deaths: int = 0
    printed: bytearray = field(default_factory=bytearray)
    sandbox: list[str] = field(default_factory=list)
    note: str = ""
    _fresh: bool = True
    _scratch: Path | None = None
    _waiting: bool = False
    _starved: float = 0.0  # seconds that the player had waited for a processor when it was asked

    def start(self) -> None:
        """Spawn a player and hand it its texts; `greet` takes its answer."""
        self._scratch = Path(tempfile.mkdtemp(dir=self.setting.scratch))
        self.process = self.launcher.spawn("player")
        self._fresh = True
        header = {
            "op": "start",
            "scratch": str(self._scratch),
            "checks": self.setting.checks,
            "source": self.source,
            "siblings": dict(self.siblings),
            "names": [] if self.trusted or self.known else list(self.setting.names),
            "rules": [] if self.trusted or self.known else list(self.setting.rules),
            "needs": list(self.setting.needs),
            "kernel": self.setting.kernel,
            "known": dict(self.known),
            "trusted": self.trusted or bool(self.known),
            "timed": self.timed,
            "cpu_seconds": self.setting.cpu_seconds,
        }
        self._send(header, ())
        self._waiting = True

    def greet(self, limit: float = IMPORT_LIMIT) -> Mapping[str, Any]:
        """The player's word that it has imported its side; `{"end": ...}` if it never came."""
        if self.process is None:
            self.start()
        self._waiting = False
        reply = self._receive(time.monotonic() + limit)
        if isinstance(reply, Observation):
            return {"end": reply.end, "detail": reply.detail}
        try:
            header = _greeting(reply[0])
        except Exception as error:
            gone = self._gone("malformed", clean(str(error))[:200])
            return {"end": gone.end, "detail": gone.detail}
        self.sandbox, self.note = header["sandbox"], header["note"]
        return header

    def ready(self) -> bool:
        """Have a live player; False if a new one could not import its side."""
        if self.process is None or self._waiting:
            greeting = self.greet()
            return "end" not in greeting and not greeting.get("error")
        return True

    def ask(
        self, check: str, case: EncodedCase, seed: int, count: bool = False, known: str = ""
    ) -> None:
        """Send a case to play; `known` names the mistake that is to play it."""
        header = {
            "op": "play",
            "check": check,
            "case": case.tree,
            "watched": list(case.watched),
            "promoted": case.promoted,
            "seed": seed,
            "count": count,
            "known": known,
        }
        self._starved = self.waited()
        self._send(header, case.body)

    def answer(self, reference_cpu: float | None = None) -> Observation:
        """What the play showed. Without `reference_cpu` only the drill's own limit holds."""
        limit = 60.0
        if reference_cpu is not None:
            least = KERNEL_LIMIT if self.setting.kernel else LEAST_LIMIT
            limit = max(least, TIMES_REFERENCE * reference_cpu)
            limit += FIRST_CALL if self._fresh else 0.0
        reply = self._receive(self._deadline(limit), limit)
        self._fresh = False
        if isinstance(reply, Observation):
            return reply
        try:
            return _observation(*reply)
        except Exception as error:
            # A hostile reply may be odd in ways that no list of errors names.
            return self._gone("malformed", clean(str(error))[:200])

    def stop(self) -> int:
        """End the player; its exit status."""
        if self.process is None:
            return 0
        status = self.launcher.end(self.process)
        self.printed += self.process.channel.printed
        self.process = None
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
        return status

    def _deadline(self, limit: float) -> Deadline:
        """The limit from now on, not counting the time in which a busy machine let it wait."""
        given = 0.0

        def more() -> float:
            nonlocal given
            extra = min(self.waited() - self._starved, MOST_STARVED * limit) - given
            if extra < LEAST_GRACE:
                return 0.0
            given += extra
            return extra

        return Deadline(time.monotonic() + limit, more)

    def waited(self) -> float:
        """How many seconds the player has been ready to run and was not let, as Linux counts."""
        if self.process is None:
            return 0.0
        try:
            text = Path(f"/proc/{self.process.pid}/schedstat").read_text()
            return int(text.split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    def _send(self, header: dict[str, Any], body: Sequence[bytes | memoryview]) -> None:
        if self.process is None:
            return
        try:
            self.process.channel.send(header, body, time.monotonic() + 20.0)
        except (Closed, Late):
            # The reply says how it went.
            return

    def _receive(
        self, deadline: float | Deadline, limit: float = IMPORT_LIMIT
    ) -> tuple[dict[str, Any], bytearray] | Observation:
        if self.process is None:
            return Observation(end="crash", detail="The player is gone.")
        try:
            return self.process.channel.receive(deadline)
        except Late:
            return self._gone("late", f"No answer within {limit:.3g} s.")
        except Malformed as error:
            return self._gone("malformed", str(error))
        except Closed:
            return self._gone("crash", "")

    def _gone(self, end: End, detail: str) -> Observation:
        self.deaths += 1
        status = self.stop()
        if self.trusted:
            text = self.printed.decode(errors="replace")[-2000:]
            raise GraderError(
                f"The reference's player died ({end} {detail} {status}): {text}", code="reference"
            )
        if end == "crash":
            end, detail = ("exit", f"exit({status})") if status >= 0 else ("crash", _signal(status))
        return Observation(end=end, detail=detail)


def _signal(status: int) -> str:
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _greeting(header: Mapping[str, Any]) -> dict[str, Any]:
    """A player's first message, checked field by field; any fault in it raises."""
    return {
        "error": _error(header["error"]),
        "missing": [clean(str(name))[:100] for name in list(header["missing"])[:50]],
        "sandbox": [clean(str(layer))[:100] for layer in list(header["sandbox"])[:20]],
        "note": clean(str(header["note"]))[:500],
        "breaches": _breaches(header["breaches"]),
    }


def _error(error: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {
        "classes": [clean(str(name))[:100] for name in error["classes"]][:20] or ["Exception"],
        "text": clean(str(error["text"]))[:2000],
        "frames": [
            {
                "line": int(frame["line"] or 0),
                "name": clean(str(frame["name"]))[:100],
                "code": clean(str(frame["code"]))[:200],
            }
            for frame in list(error["frames"])[:30]
        ],
        "causes": [
            {"class": clean(str(cause["class"]))[:100], "text": clean(str(cause["text"]))[:2000]}
            for cause in list(error["causes"])[:5]
        ],
    }


def _breaches(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"rule": clean(str(row["rule"]))[:200], "line": row["line"] and int(row["line"])}
        for row in list(rows)[:50]
    )


def _observation(header: Mapping[str, Any], body: bytearray) -> Observation:
    """A player's reply, checked field by field; any fault in it raises."""
    counts = {str(name)[:100]: float(count) for name, count in header["counts"].items()}
    if not all(math.isfinite(count) for count in counts.values()):
        raise Malformed("a count that is no number")
    return Observation(
        value=decode_observation(header["value"], body),
        error=_error(header["error"]),
        changed={str(name): decode_observation(v, body) for name, v in header["changed"].items()},
        counts=counts,
        breaches=_breaches(header["breaches"]),
        cpu=float(header["cpu"]),
    )


def printed_by(sides: Iterator[Side] | Sequence[Side], most: int = 4000) -> str:
    """What the sides printed, cut and harmless."""
    raw = b"".join(bytes(side.printed) for side in sides)
    text = clean(raw.decode(errors="replace"))
    return (
        text if len(text) <= most else text[:most] + f"\n... ({len(text) - most} more characters)"
    )
