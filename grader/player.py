"""The player: holds one side (the submission or the reference) and plays cases with it.

It runs behind a sandbox and holds no secret: checks.py, a case, one side's text. What it sends is
an observation, never a verdict. Both sides run the same code here.
"""

import contextlib
import io
import json
import linecache
import os
import random
import socket
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import torch
from torch._C import DisableTorchFunction
from torch.utils._python_dispatch import _disable_current_modes

from drill.grader.channel import Channel, Closed
from drill.grader.checks import Check, checks_of, timing_of
from drill.grader.codec import decode_case, observation_encoder, raised
from drill.grader.models import BUILDERS
from drill.grader.put_off import put_off
from drill.grader.sandbox import Policy, lock_down, readable_paths
from drill.grader.window import Region, play_batch
from drill.grader.work import Meter, Rule
from drill.grader.zygote import CHANNEL

SHOWN_FRAMES = 6


@dataclass
class Stage:
    """What a player holds after its start: the checks, the side it plays, the meters.

    `impl` is the side's module; a player of known mistakes has one a mistake in `known`.
    """

    checks: dict[str, Check]
    builders: Mapping[str, Any]
    meter: Meter
    launches: Any = None
    impl: types.ModuleType = field(default_factory=lambda: types.ModuleType("submission"))
    known: dict[str, types.ModuleType] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    timed: bool = False
    region: Region | None = None
    last: Any = None  # the result of the play that was timed last


def main() -> None:
    """Serve one judge until it hangs up."""
    channel = Channel(socket.socket(fileno=CHANNEL))
    with contextlib.suppress(Closed):
        start, _ = channel.receive()
        stage, greeting = prepare(start)
        channel.send(greeting)
        while True:
            message, body = channel.receive()
            channel.send(*_answer(stage, channel, message, body))


def _answer(
    stage: Stage, channel: Channel, message: Mapping[str, Any], body: bytearray
) -> tuple[dict[str, Any], list[bytes | memoryview]]:
    """Play a case, or (in a player that is timed) a batch of them."""
    if message["op"] == "window":
        stage.region = Region(channel.receive_descriptor(), message["size"])
    elif message["op"] == "batch" and stage.region is not None:
        timed = partial(_time, stage, stage.checks[message["check"]], message["idle"])
        play_batch(stage.region, message["plays"], message["outputs"], timed)
    else:
        return play(stage, message, body)
    return {"op": "done"}, []


def _time(stage: Stage, check: Check, idle: bool, case: Mapping[str, Any], body: memoryview) -> Any:
    """Play a case; or do all that belongs to it but the play (`idle`), which is time, too."""
    _reset({"promoted": False, "seed": case["seed"]})
    arguments = decode_case(case["case"], body, partial(_build, stage, []), shared=True)
    if not idle:
        try:
            stage.last = check.play(stage.impl, **arguments)
        except BaseException as problem:
            stage.last = raised(problem)
    return stage.last


def prepare(start: Mapping[str, Any]) -> tuple[Stage, dict[str, Any]]:
    """Move into the scratch folder, lock the door, load the checks, then the side to play."""
    scratch = Path(start["scratch"])
    readable = readable_paths()
    os.environ.clear()
    os.environ.update(_environment(scratch, start["kernel"]))
    os.chdir(scratch)
    # A player is killed, never asked to leave: what it prints must not wait in a buffer.
    raw = open(1, "wb", buffering=0, closefd=False)
    sys.stdout = io.TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)
    sys.stderr = sys.stdout
    tempfile.tempdir = None
    known = {name: f"known_{place}" for place, name in enumerate(start["known"])}
    others = {f"{known[name]}.py": text for name, text in start["known"].items()}
    files = write_sources(scratch, start["source"], {**start["siblings"], **others})
    sys.path.insert(0, str(scratch))
    policy = Policy(
        scratch=scratch,
        readable=readable,
        needs=frozenset(start["needs"]),
        cpu_seconds=int(start["cpu_seconds"]),
    )
    layers = lock_down(policy)
    put_off()
    module = load_text("checks", start["checks"])
    timing = timing_of(module)
    stage = Stage(
        checks={check.name: check for check in (*checks_of(module), *filter(None, (timing,)))},
        builders={**BUILDERS, **vars(module)},
        meter=Meter(files, _is_graders, [Rule.parse(rule) for rule in start["rules"]]),
        files=files,
        timed=start["timed"],
    )
    # A meter takes time with every call: what is timed has passed with meters before.
    note = "" if stage.timed else _install_meters(stage, start["kernel"], start["trusted"])
    stage.impl, error = import_file(stage, scratch / "submission.py")
    stage.known = {name: import_file(stage, scratch / f"{to}.py")[0] for name, to in known.items()}
    # A name bound to a library function has no frame of the submission to be seen by.
    if not stage.timed:
        stage.meter.adopt(stage.impl, start["names"])
    missing = [name for name in start["names"] if not hasattr(stage.impl, name)]
    greeting = {"op": "ready", "error": error, "missing": missing, "sandbox": layers, "note": note}
    return stage, greeting | {"breaches": _breaches(stage)}


def _environment(scratch: Path, kernel: bool) -> dict[str, str]:
    folder = str(scratch)
    names = {"HOME": folder, "TMPDIR": folder, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    names |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg", "HF_HUB_OFFLINE": "1"}
    names |= {"TRITON_CACHE_DIR": folder, "TORCHINDUCTOR_CACHE_DIR": folder, "USER": "learner"}
    return names | ({"TRITON_INTERPRET": "1"} if kernel else {})


def write_sources(scratch: Path, source: str, siblings: Mapping[str, str]) -> frozenset[str]:
    """Put the submission and its helper files into the scratch folder; their paths."""
    texts = {"submission.py": source} | dict(siblings)
    for name, text in texts.items():
        (scratch / name).write_text(text, encoding="utf-8", newline="")
    return frozenset(str(scratch / name) for name in texts)


def load_text(name: str, text: str) -> types.ModuleType:
    """A module made from trusted text that lies in no file; tracebacks show its lines."""
    file = f"{name}.py"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = types.ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    exec(compile(text, file, "exec"), vars(module))
    return module


def _is_graders(file: str) -> bool:
    return file == "checks.py" or file.startswith(str(Path(__file__).parent))


def _install_meters(stage: Stage, kernel: bool, trusted: bool) -> str:
    """Enter the meters before the submission can take hold of anything; a note if one is off."""
    note = ""
    if kernel:
        from drill.grader.launches import LaunchMeter, self_check

        note = "" if trusted else self_check() or ""
        stage.launches = LaunchMeter()
        stage.launches.install()
    stage.meter.install()
    return note


def import_file(stage: Stage, file: Path) -> tuple[types.ModuleType, dict[str, Any] | None]:
    """Import a file as a module of its name; the error as a tree if it can't be."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = sys.modules[file.stem] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        return module, describe_error(error, stage.files)
    return module, None


def play(
    stage: Stage, message: Mapping[str, Any], body: bytearray
) -> tuple[dict[str, Any], list[bytes | memoryview]]:
    """Play one case and encode what was observed. A counted case is played a second time."""
    check = stage.checks[message["check"]]
    stage.meter.set_counting(False)
    if message["count"]:
        _perform(stage, check, message, body)
        stage.meter.set_counting(True)
    return _perform(stage, check, message, body)


def _perform(
    stage: Stage, check: Check, message: Mapping[str, Any], body: bytearray
) -> tuple[dict[str, Any], list[bytes | memoryview]]:
    built: list[Any] = []
    seen = observation_encoder()
    _reset(message)
    with unwatched():
        arguments = decode_case(message["case"], body, partial(_build, stage, built))
        before = _snapshot(arguments, message["watched"])
        for tensor in _tensors(list(arguments.values())):
            # Arguments are numbered first, so that a result that aliases one shows as such.
            seen.claim(tensor)
    _start_meters(stage)
    began = time.process_time()
    value: Any = None
    error: dict[str, Any] | None = None
    impl = stage.known.get(message["known"], stage.impl)
    try:
        value = check.play(impl, **arguments)
    except BaseException as problem:
        error = describe_error(problem, stage.files)
    spent = time.process_time() - began
    counts = _counts(stage, built, value)
    with unwatched():
        after = _snapshot(arguments, message["watched"])
        changed = [name for name in before if before[name] != after[name]]
        reply = {
            "op": "seen",
            "value": None if error else seen.encode(value),
            "error": error,
            "changed": {name: seen.encode(arguments[name]) for name in changed},
            "counts": counts,
            "breaches": _breaches(stage),
            "cpu": spent,
        }
    return reply, seen.body


@contextlib.contextmanager
def unwatched() -> Iterator[None]:
    """The grader's own tensor work: no mode sees it, whoever entered it."""
    with DisableTorchFunction(), _disable_current_modes():
        yield


def _reset(message: Mapping[str, Any]) -> None:
    """Make a play depend on its case alone, as far as torch, numpy and random go."""
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float64 if message["promoted"] else torch.float32)
    # Not torch.manual_seed: it formats a stack trace for every device that is not there yet.
    torch.default_generator.manual_seed(message["seed"])
    numpy.random.seed(message["seed"] % 2**32)
    random.seed(message["seed"])


def _build(stage: Stage, built: list[Any], name: str, arguments: Mapping[str, Any]) -> Any:
    made = stage.builders[name](**arguments)
    built.append(made)
    return made


Snapshot = tuple[str, bytes]


def _snapshot(arguments: Mapping[str, Any], names: list[str]) -> dict[str, Snapshot]:
    """What the plain arguments hold now, tensors' flags and strides included."""
    made = {}
    for name in names:
        encoder = observation_encoder()
        tree = encoder.encode(arguments[name])
        # As text, in which a 1 that became 1.0 has changed, and a NaN is equal to itself.
        made[name] = (json.dumps(tree), b"".join(encoder.body))
    return made


def _start_meters(stage: Stage) -> None:
    stage.meter.start()
    if stage.launches is not None:
        stage.launches.start()


def _counts(stage: Stage, built: list[Any], value: Any) -> dict[str, float]:
    """Every counter by its name."""
    counts = stage.meter.counts()
    named: dict[str, float] = {
        "ops": counts.ops,
        "flops": counts.flops,
        "live bytes": counts.live_bytes,
        "saved bytes": counts.saved_bytes,
        "host reads": counts.host_reads,
    }
    named |= {f"host reads: {name}": count for name, count in counts.reads_by_name.items()}
    for made in built:
        for name, count in getattr(made, "counts", {}).items():
            named[name] = named.get(name, 0) + count
    if stage.launches is not None:
        named |= stage.launches.totals()
        named["elements not stored by a kernel"] = sum(
            round(tensor.numel() * (1 - stage.launches.covered(tensor)))
            for tensor in _tensors(value)
        )
    return named


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)


def _breaches(stage: Stage) -> list[dict[str, Any]]:
    return [{"rule": breach.rule, "line": breach.line} for breach in stage.meter.breaches]


def describe_error(error: BaseException, files: frozenset[str]) -> dict[str, Any]:
    """An error as plain data: class names, text, and the learner's own frames."""
    shown = raised(error)
    text = shown.text
    frames = own_frames(error, files)
    if isinstance(error, SyntaxError) and error.filename in files:
        # The line stands in the frame, and the learner's file has another name.
        text = error.msg[:2000] if type(error.msg) is str else text
        frames.append({"line": error.lineno, "name": "", "code": (error.text or "")[:200]})
    causes: list[dict[str, str]] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < 4:
        causes.append({"class": type(cause).__name__, "text": raised(cause).text})
        frames += own_frames(cause, files)  # a kernel's line stands in the cause alone
        cause = cause.__cause__ or cause.__context__
    return {
        "classes": list(shown.classes),
        "text": text,
        "frames": frames[-SHOWN_FRAMES:],
        "causes": causes,
    }


def own_frames(error: BaseException, files: frozenset[str]) -> list[dict[str, Any]]:
    """Where in the submission's files an error passed, outermost first."""
    return [
        {
            "line": line,
            "name": frame.f_code.co_name,
            "code": linecache.getline(frame.f_code.co_filename, line)[:200],
        }
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename in files
    ]
