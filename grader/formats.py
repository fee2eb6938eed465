"""Reads drill.yaml and mistakes.yaml strictly: what is wrong is named with its file and line."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from drill.grader.errors import ContentError
from drill.grader.values import Value, parse

LEVELS = ("easy", "medium", "hard")
GPU = ("none", "partly", "required")
EXTRAS = ("hf", "lightning", "tensorboard", "onnx", "optimum", "serving", "plot")
NEEDS = ("processes", "loopback", "exec")
FORBID = ("call", "op", "class")
TRIVIAL = ("input", "zeros", "none")

FACTS = ("title", "level", "minutes", "order", "questions", "gpu")
DETAILS = ("hints", "followups", "must")
OPTIONAL = ("extra", "needs", "forbid", "work", "trivially_right")

_SECTION = re.compile(r"^(?=[A-Za-z_]+:)", re.MULTILINE)


@dataclass(frozen=True)
class FollowUp:
    """A question the interviewer asks after a pass, and a model answer."""

    ask: str
    answer: str


@dataclass(frozen=True)
class Must:
    """A line of the statement and the names of the checks that establish it."""

    says: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Mistake:
    """A known wrong submission: an edit of the reference, or a whole `file` (its absolute path)."""

    name: str
    says: str
    caught_by: tuple[str, ...]
    replace: str | None = None
    with_: str | None = None
    file: str | None = None
    where: str = ""

    def source(self, reference_text: str) -> str:
        """The mistaken submission's text; ContentError if the edit doesn't fit in one place."""
        if self.file is not None:
            return Path(self.file).read_text(encoding="utf-8")
        assert self.replace is not None and self.with_ is not None  # the reader saw to it
        places = reference_text.count(self.replace)
        if places != 1:
            raise ContentError(
                f"{self.where}: the edit of mistake {self.name!r} fits in {places} places.",
                code="content",
                remedy="Its `replace` text must stand exactly once in the solution.",
            )
        return reference_text.replace(self.replace, self.with_)


@dataclass(frozen=True)
class Equivalent:
    """A mutant that behaves as the reference does, and why."""

    mutant: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """The short part of drill.yaml: what a list of drills shows."""

    title: str
    level: str
    minutes: int
    order: int
    questions: tuple[str, ...]
    gpu: str
    extra: str | None


@dataclass(frozen=True)
class Details:
    """The long part of drill.yaml: read when a drill is opened."""

    needs: tuple[str, ...]
    forbid: tuple[str, ...]
    work: tuple[str, ...]
    hints: tuple[str, ...]
    followups: tuple[FollowUp, ...]
    must: tuple[Must, ...]
    trivially_right: dict[str, str]


def read_facts(path: Path, text: str) -> Facts:
    """The facts of a drill.yaml, without parsing the long part of a file that looks well."""
    # A leading comment is no section; the split begins with an empty one.
    chunks = [chunk for chunk in _SECTION.split(text) if chunk[:1].isalpha()]
    sections = {chunk.partition(":")[0]: chunk for chunk in chunks}
    known = {*FACTS, *DETAILS, *OPTIONAL}
    if {*FACTS, *DETAILS} <= sections.keys() <= known and len(chunks) == len(sections):
        wanted = "".join(sections.get(key, "") for key in (*FACTS, "extra"))
        with suppress(ContentError):  # Raised again below, with its line in the whole file.
            return _facts(parse(path, wanted).fields(FACTS, ("extra",)))
    return _facts(parse(path, text).fields((*FACTS, *DETAILS), OPTIONAL))


def _facts(values: dict[str, Value]) -> Facts:
    extra = values.get("extra")
    return Facts(
        title=values["title"].text(),
        level=values["level"].one_of(LEVELS),
        minutes=values["minutes"].count(),
        order=values["order"].count(),
        questions=values["questions"].texts(),
        gpu=values["gpu"].one_of(GPU),
        extra=extra.one_of(EXTRAS) if extra else None,
    )


def read_details(path: Path, text: str) -> Details:
    """The long part of a drill.yaml, after a check of the whole file."""
    values = parse(path, text).fields((*FACTS, *DETAILS), OPTIONAL)
    _facts(values)
    hints = values["hints"].texts()
    if len(hints) != 3:
        values["hints"].fail(f"there must be exactly 3 hints, not {len(hints)}.")
    return Details(
        needs=tuple(item.one_of(NEEDS) for item in _optional_items(values, "needs")),
        forbid=tuple(_forbidden(item) for item in _optional_items(values, "forbid")),
        work=tuple(item.text() for item in _optional_items(values, "work")),
        hints=hints,
        followups=tuple(_follow_up(item) for item in values["followups"].items()),
        must=tuple(_must(item) for item in values["must"].items()),
        trivially_right=_trivially_right(values.get("trivially_right")),
    )


def _optional_items(values: dict[str, Value], key: str) -> list[Value]:
    return values[key].items() if key in values else []


def _forbidden(item: Value) -> str:
    pairs = item.pairs()
    if len(pairs) != 1 or pairs[0][0] not in FORBID:
        item.fail("this must be one of `call: ...`, `op: ...`, `class: ...`.")
    kind, _, name = pairs[0]
    return f"{kind}: {name.text()}"


def _follow_up(item: Value) -> FollowUp:
    values = item.fields(("ask", "answer"))
    return FollowUp(values["ask"].text(), values["answer"].text())


def _must(item: Value) -> Must:
    values = item.fields(("says", "checks"))
    checks = values["checks"].texts()
    if not checks:
        values["checks"].fail("at least one check must establish this line.")
    return Must(values["says"].text(), checks)


def _trivially_right(value: Value | None) -> dict[str, str]:
    if value is None:
        return {}
    return {name: reason.text() for name, reason in value.fields((), TRIVIAL).items()}


def read_mistakes(path: Path, text: str) -> tuple[tuple[Mistake, ...], tuple[Equivalent, ...]]:
    """The mistakes and equivalent mutants of a mistakes.yaml: a list, or a mapping with both."""
    root = parse(path, text)
    if root.is_list:
        listed, equal = root, None
    else:
        values = root.fields(("mistakes",), ("equivalent",))
        listed, equal = values["mistakes"], values.get("equivalent")
    mistakes = tuple(_mistake(item) for item in listed.items())
    names = [mistake.name for mistake in mistakes]
    for item, name in zip(listed.items(), names, strict=True):
        if names.count(name) > 1:
            item.fail(f"the mistake {name!r} stands here twice.")
    return mistakes, tuple(_equivalent(item) for item in (equal.items() if equal else ()))


def _mistake(item: Value) -> Mistake:
    values = item.fields(("name", "says", "caught_by"), ("replace", "with", "file"))
    kinds = values.keys() & {"replace", "with", "file"}
    if kinds not in ({"replace", "with"}, {"file"}):
        item.fail("a mistake has either `replace` and `with`, or `file`.")
    caught_by = values["caught_by"].texts()
    if not caught_by:
        values["caught_by"].fail("name at least one check that catches this mistake.")
    plain = (values["name"].text(), values["says"].text(), caught_by)
    if "file" not in kinds:
        replace, with_ = values["replace"].text(), values["with"].edit()
        return Mistake(*plain, replace=replace, with_=with_, where=item.where)
    file = item.path.parent / values["file"].text()
    if not file.is_file():
        values["file"].fail(f"there is no file {file.name} beside this one.")
    return Mistake(*plain, file=str(file), where=item.where)


def _equivalent(item: Value) -> Equivalent:
    values = item.fields(("mutant", "reason"))
    return Equivalent(values["mutant"].text(), values["reason"].text())
