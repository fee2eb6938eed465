"""The catalogue: the drills under drills/, with their answers under reference/ and kernels/."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import drill as package
from drill.grader import formats
from drill.grader.errors import ContentError, UsageError
from drill.grader.formats import Details, Equivalent, FollowUp, Mistake, Must

__all__ = ["Catalog", "Drill", "Equivalent", "FollowUp", "Mistake", "Must"]

# What ids and topics look like. An id names a Python module.
ID = "[a-z][a-z0-9_]*"
TOPIC = "[a-z][a-z0-9-]*"


@dataclass(frozen=True)
class Drill:
    """One coding question. The facts are read at once, everything else when it is asked for.

    `folder` holds what a learner may see, `answers` what they may not before a pass; `kernel` is
    the Triton solution of a kernel drill (the file exists only for those).
    """

    id: str
    topic: str
    title: str
    level: str
    minutes: int
    order: int
    questions: tuple[str, ...]
    extra: str | None
    gpu: str
    folder: Path
    answers: Path
    kernel: Path

    @cached_property
    def details(self) -> Details:
        """The long part of drill.yaml; ContentError where the file is wrong."""
        path = self.folder / "drill.yaml"
        return formats.read_details(path, read_text(path))

    @property
    def needs(self) -> tuple[str, ...]:
        """What the sandbox leaves open: processes, loopback, exec."""
        return self.details.needs

    @property
    def forbid(self) -> tuple[str, ...]:
        """What a submission may not use: 'call: ...', 'op: ...' or 'class: ...'."""
        return self.details.forbid

    @property
    def work(self) -> tuple[str, ...]:
        """Sentences that say which work is limited."""
        return self.details.work

    @property
    def hints(self) -> tuple[str, ...]:
        """Three hints, from a nudge to nearly the answer."""
        return self.details.hints

    @property
    def followups(self) -> tuple[FollowUp, ...]:
        """What the interviewer asks after a pass."""
        return self.details.followups

    @property
    def must(self) -> tuple[Must, ...]:
        """The lines of the statement, each with the checks that establish it."""
        return self.details.must

    @property
    def trivially_right(self) -> Mapping[str, str]:
        """Trivial submissions that pass, with the reason: keys input, zeros, none."""
        return self.details.trivially_right

    @property
    def statement(self) -> str:
        """What the interviewer says, as Markdown."""
        return read_text(self.folder / "statement.md")

    @property
    def body(self) -> str:
        """The statement without its title line."""
        title, _, rest = self.statement.partition("\n")
        return rest.strip() if title.startswith("# ") else self.statement.strip()

    @property
    def stub(self) -> str:
        """The start file's text."""
        return read_text(self.folder / "stub.py")

    @property
    def checks_path(self) -> Path:
        """Where the checks stand."""
        return self.folder / "checks.py"

    @property
    def checks_text(self) -> str:
        """The checks' source."""
        return read_text(self.checks_path)

    @property
    def solution_path(self) -> Path:
        """The reference: the oracle of every grading."""
        return self.answers / "solution.py"

    @property
    def best_solution_path(self) -> Path:
        """What is shown after a pass, and what mistakes edit: the kernel if there is one."""
        return self.kernel if self.kernel.is_file() else self.solution_path

    def mistakes(self) -> tuple[Mistake, ...]:
        """The known mistakes."""
        path = self.answers / "mistakes.yaml"
        return formats.read_mistakes(path, read_text(path))[0]

    def equivalents(self) -> tuple[Equivalent, ...]:
        """Mutants that are known to behave as the reference does."""
        path = self.answers / "mistakes.yaml"
        return formats.read_mistakes(path, read_text(path))[1]

    def rights(self) -> tuple[Path, ...]:
        """Other right solutions."""
        return tuple(sorted((self.answers / "right").glob("*.py")))


class Catalog:
    """All drills under one root folder; a drill's files are read when it is looked at."""

    def __init__(self, root: Path, folders: Mapping[str, Path]) -> None:
        self.root = root
        self._folders = folders

    @classmethod
    def load(cls, root: Path | None = None) -> "Catalog":
        """Find the drills under `root`, the installed package by default.

        Raises ContentError where two topics hold the same id, or a folder's name can't be one.
        """
        root = Path(package.__path__[0]) if root is None else root
        folders: dict[str, Path] = {}
        for path in sorted((root / "drills").glob("*/*/drill.yaml")):
            folder = path.parent
            if folder.parent.name == "cards":
                continue
            if not (re.fullmatch(ID, folder.name) and re.fullmatch(TOPIC, folder.parent.name)):
                message = f"{folder}: TOPIC/ID has small letters and digits, - and _ respectively."
                raise ContentError(message, code="content")
            if folder.name in folders:
                message = f"{path}:1: the id {folder.name!r} is taken by {folders[folder.name]}."
                raise ContentError(
                    message, code="content", remedy="Ids are unique over all topics."
                )
            folders[folder.name] = folder
        return cls(root, folders)

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids, sorted; no file is read for it."""
        return tuple(sorted(self._folders))

    @cached_property
    def drills(self) -> tuple[Drill, ...]:
        """All drills by topic, order, level and id."""
        rank = formats.LEVELS.index
        found = [self._read(folder) for folder in self._folders.values()]
        return tuple(sorted(found, key=lambda d: (d.topic, d.order, rank(d.level), d.id)))

    def find(self, id: str) -> Drill:
        """The drill of this id; UsageError with the nearest names if there is none."""
        if id in self._folders:
            return self._read(self._folders[id])
        raise _unknown("drill", id, self.ids, "See `drill list`.")

    def topics(self) -> tuple[str, ...]:
        """The topics that hold a drill, sorted."""
        return tuple(sorted({folder.parent.name for folder in self._folders.values()}))

    def in_topic(self, topic: str) -> tuple[Drill, ...]:
        """A topic's drills in order; UsageError if there is no such topic."""
        if topic not in self.topics():
            raise _unknown("topic", topic, self.topics(), "See `drill topics`.")
        return tuple(drill for drill in self.drills if drill.topic == topic)

    def _read(self, folder: Path) -> Drill:
        facts = formats.read_facts(folder / "drill.yaml", read_text(folder / "drill.yaml"))
        return Drill(
            id=folder.name,
            topic=folder.parent.name,
            title=facts.title,
            level=facts.level,
            minutes=facts.minutes,
            order=facts.order,
            questions=facts.questions,
            extra=facts.extra,
            gpu=facts.gpu,
            folder=folder,
            answers=self.root / "reference" / folder.parent.name / folder.name,
            kernel=self.root / "kernels" / f"{folder.name}.py",
        )


def read_text(path: Path) -> str:
    """A content file's text; ContentError if it is missing or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise ContentError(f"{path}: the file can't be read ({fault}).", code="content") from fault


def _unknown(kind: str, name: str, known: tuple[str, ...], otherwise: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3)
    remedy = f"Did you mean {' or '.join(near)}?" if near else otherwise
    return UsageError(f"There is no {kind} {name!r}.", code=f"unknown-{kind}", remedy=remedy)
