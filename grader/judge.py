"""The judge: draws cases, has both sides play them, compares, shrinks, and says what is wrong.

It runs trusted code alone: checks.py and this package. The submission, the reference and the
known mistakes run in players.
"""

import contextlib
import hashlib
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from drill.grader.casecode import case_code
from drill.grader.channel import Channel, Closed
from drill.grader.checks import Check, checks_of
from drill.grader.compare import Complaint, Undecided, compare
from drill.grader.diagnose import Suspect, diagnose
from drill.grader.errors import ContentError, DrillError
from drill.grader.expect import Law, Relation, Values, Work
from drill.grader.launcher import Launcher, inherited
from drill.grader.law import against_law
from drill.grader.limits import judge_work
from drill.grader.observation import Observation, describe, describe_error
from drill.grader.player import load_text
from drill.grader.sides import EncodedCase, Setting, Side, encode, printed_by
from drill.grader.verdict import SEVERITY, CheckResult, Status, Verdict, WorkRow
from drill.grader.work import Rule
from drill.grader.zygote import CHANNEL

SHRINK_CALLS = 150
SHRINK_SECONDS = 5.0
SHRINK_DEATHS = 2
REMEMBERED = 5  # earlier failing cases, and as many passing ones, that a diagnosis must fit

LOADS = ("loads", "Your file can be imported and defines every name the statement asks for.")
RULES = ("rules", "Uses nothing that the statement forbids.")


@dataclass(frozen=True)
class Job:
    """Everything a grading needs, as texts: the judge reads no file of the drill's."""

    drill: str
    file: str
    checks: str
    reference: str
    source: str
    siblings: Mapping[str, str]
    mistakes: tuple[Mapping[str, Any], ...]  # {"name", "says", "text", "caught_by"}
    names: tuple[str, ...]
    rules: tuple[str, ...]
    needs: tuple[str, ...]
    kernel: bool
    seed: int
    scratch: str
    seconds: float = 60.0
    all_checks: bool = False  # dependent checks too: for authors
    shrink: bool = True

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Job":
        """The job as it came over the channel."""
        lists = ("mistakes", "names", "rules", "needs")
        return cls(**{name: tuple(v) if name in lists else v for name, v in row.items()})


@dataclass(frozen=True)
class Played:
    """A case with what the submission and, twice, the reference showed."""

    arguments: Mapping[str, Any]
    case: EncodedCase
    seed: int
    mine: Observation
    drawn: Observation
    exact: Observation


class Found(Exception):
    """A case on which the submission fails; always this one class, so that shrinking is stable."""


class Stop(Exception):
    """No further check says anything: the grading ends here."""


@dataclass
class Hunt:
    """The search of one check for a failing case, and what it has found so far."""

    failures: list[tuple[Played, Complaint]] = field(default_factory=list)
    passes: list[Played] = field(default_factory=list)
    known: dict[bytes, Complaint | None] = field(default_factory=dict)
    examples: int = 0
    calls_since: int = 0
    first_at: float = 0.0
    deaths: int = 0
    ended: bool = False

    def exhausted(self) -> bool:
        """Whether shrinking has used up its budget."""
        if not self.failures:
            return False
        late = time.monotonic() - self.first_at > SHRINK_SECONDS
        return self.ended or late or self.calls_since > SHRINK_CALLS or self.deaths >= SHRINK_DEATHS


class Grading:
    """One job from start to verdict."""

    def __init__(
        self, job: Job, launcher: Launcher, report: Callable[[str, int, int], None]
    ) -> None:
        self.job = job
        self.report = report
        self.module: ModuleType = load_text("checks", job.checks)
        self.checks = checks_of(self.module)
        _check_rules(job.rules)
        self.setting = Setting(
            job.checks, job.names, job.rules, job.needs, job.kernel, Path(job.scratch)
        )
        self.mine = Side(launcher, self.setting, job.source, job.siblings)
        self.reference = Side(launcher, self.setting, job.reference, trusted=True)
        self.launcher = launcher
        self.verdict = Verdict(job.drill, "passed", seed=job.seed, file=job.file)
        self.work: dict[str, WorkRow] = {}
        self.worst: list[Status] = []
        self.deadline = time.monotonic() + job.seconds
        laws = [check for check in self.checks if isinstance(_values(check), Law)]
        self.tests = max(1, sum(check.examples for check in laws))

    def run(self) -> Verdict:
        """Grade; the players are gone when this returns."""
        began = time.monotonic()
        try:
            with contextlib.suppress(Stop):
                self._load()
                began = time.monotonic()
                self._run_checks()
        finally:
            self.mine.stop()
            self.reference.stop()
        self._fill_in()
        self.verdict.seconds = time.monotonic() - began
        return self.verdict

    # --- loading -----------------------------------------------------------------------------

    def _load(self) -> None:
        self.mine.start()
        self.reference.start()
        known = self.reference.greet(60.0)
        if known.get("error"):
            raise ContentError(
                f"The reference of {self.job.drill} can't be imported: "
                f"{describe_error(known['error'])}",
                code="bad-reference",
            )
        result = CheckResult(*LOADS, examples=1)
        self.verdict.checks.append(result)
        greeting = self.mine.greet()
        self.verdict.sandbox = self.mine.sandbox
        complaint = _loading_complaint(greeting)
        if complaint is not None:
            late = greeting.get("end") == "late"
            self._fail(result, complaint, "timeout" if late else "error")
            raise Stop
        result.status = "passed"
        if self.job.rules:
            rules = CheckResult(*RULES, examples=1, status="passed")
            self.verdict.checks.append(rules)
            self._keep_rules(greeting["breaches"])

    def _keep_rules(self, breaches: Any) -> None:
        if not breaches:
            return
        first = breaches[0]
        where = f"Line {first['line']}" if first["line"] else "Your code"
        text = f"{where} uses {first['rule'].split(': ', 1)[-1]}, which this drill forbids."
        result = next(check for check in self.verdict.checks if check.name == "rules")
        self._fail(result, Complaint(text, kind="forbidden"), "forbidden")
        raise Stop

    def _fail(self, result: CheckResult, complaint: Complaint, status: Status) -> None:
        result.status = "failed"
        result.complaint, result.got, result.wanted = (
            complaint.text,
            complaint.got,
            complaint.wanted,
        )
        self.worst.append(status)

    # --- checks ------------------------------------------------------------------------------

    def _run_checks(self) -> None:
        failed: set[str] = set()
        for place, check in enumerate(self.checks):
            self.report(check.name, place, len(self.checks))
            result = CheckResult(check.name, check.claim)
            self.verdict.checks.append(result)
            needs = check.after if check.after is not None else (self.checks[0].name,)
            if check.gpu and not torch.cuda.is_available():
                result.status = "not graded here"
                self.verdict.partial = True
                continue
            if failed & set(needs) and not self.job.all_checks:
                continue
            self._run_check(check, result, shrink=self.job.shrink and not failed)
            if result.status != "passed":
                failed.add(check.name)

    def _run_check(self, check: Check, result: CheckResult, shrink: bool) -> None:
        hunt = Hunt()
        if not shrink:
            hunt.ended = True
        self._search(check, hunt)
        result.examples = hunt.examples
        if not hunt.failures:
            result.status = "passed"
            return
        played, complaint = hunt.failures[-1]
        self._fail(result, complaint, "timeout" if played.mine.end == "late" else "failed")
        if complaint.kind == "unwritten":
            return
        result.code = case_code(
            check, self.module, self.job.checks, played.arguments, self.job.drill, played.seed
        )
        if shrink and played.mine.end != "late":
            self._confirm(check, played, result)
            self._diagnose(check, hunt, result)
        if played.mine.end == "late":
            raise Stop

    def _search(self, check: Check, hunt: Hunt) -> None:
        """Draw, and on the first failing case shrink, until the hunt's budget is used up."""
        digest = hashlib.sha256(f"{self.job.drill}/{check.name}/{self.job.seed}".encode())
        shape = st.fixed_dictionaries(dict(check.draws))

        @hypothesis.seed(int.from_bytes(digest.digest()[:8], "big"))
        @settings(
            max_examples=check.examples,
            deadline=None,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(shape)
        def search(arguments: dict[str, Any]) -> None:
            # One place raises: Hypothesis tells failures apart by where they come from.
            if self._fails(check, hunt, arguments):
                raise Found

        with contextlib.suppress(Found):
            search()

    def _fails(self, check: Check, hunt: Hunt, arguments: dict[str, Any]) -> bool:
        case = encode(arguments)
        key = case.digest()
        if key in hunt.known:
            if hunt.known[key] is not None:
                self._last(hunt, key)
            return hunt.known[key] is not None
        if hunt.exhausted():
            return False
        hunt.calls_since += bool(hunt.failures)
        try:
            played = self.play(check, arguments, case, key)
            complaint = self.complain(check, played)
        except Undecided:
            hypothesis.reject()
        hunt.examples += not hunt.failures
        hunt.known[key] = complaint
        if complaint is None:
            hunt.passes = [*hunt.passes, played][-REMEMBERED:]
            return False
        self._note(hunt, played, complaint)
        return True

    def _note(self, hunt: Hunt, played: Played, complaint: Complaint) -> None:
        if not hunt.failures:
            hunt.first_at = time.monotonic()
        hunt.failures.append((played, complaint))
        if played.mine.end:
            hunt.deaths += 1
        if played.mine.end == "late":
            hunt.ended = True

    def _last(self, hunt: Hunt, key: bytes) -> None:
        """Move the failure that Hypothesis replays to the end: the last replay is the smallest."""
        for place, (played, _) in enumerate(hunt.failures):
            if played.case.digest() == key:
                hunt.failures.append(hunt.failures.pop(place))
                return

    def play(
        self, check: Check, arguments: Mapping[str, Any], case: EncodedCase, key: bytes
    ) -> Played:
        """Have both sides play a case; the reference twice."""
        seed = int.from_bytes(key[:4], "big") >> 1
        if time.monotonic() > self.deadline:
            text = f"The grading took longer than {self.job.seconds:.0f} s."
            return self._overtime(arguments, case, seed, text)
        count = isinstance(check.expect, Work)
        self.reference.ready()
        if not self.mine.ready():
            return self._overtime(arguments, case, seed, "It could not be imported again.")
        self.mine.ask(check.name, case, seed, count)
        self.reference.ask(check.name, case, seed, count)
        if _needs_exact(check):
            self.reference.ask(check.name, encode(arguments, promoted=True), seed)
        drawn = exact = self.reference.answer()
        if _needs_exact(check):
            exact = self.reference.answer()
            if exact.error is not None and drawn.error is None:
                raise ContentError(
                    f"The play {check.name} fails on float64 inputs: {describe_error(exact.error)}",
                    code="bad-checks",
                    remedy='Use expect=close(oracle="as drawn").',
                )
        mine = self.mine.answer(drawn.cpu)
        return Played(arguments, case, seed, mine, drawn, exact)

    def _overtime(
        self, arguments: Mapping[str, Any], case: EncodedCase, seed: int, text: str
    ) -> Played:
        mine = Observation(end="late", detail=text)
        return Played(arguments, case, seed, mine, Observation(), Observation())

    # --- what is wrong with an observation ---------------------------------------------------

    def complain(self, check: Check, played: Played) -> Complaint | None:
        """What is wrong with the submission's play; a forbidden call ends the grading."""
        mine = played.mine
        if mine.end:
            return _end_complaint(mine)
        if self.job.rules and mine.breaches:
            self._keep_rules(mine.breaches)
        if mine.error and mine.error["classes"][0] in ("MemoryError",):
            return Complaint("It ran out of memory.", describe_error(mine.error), kind="memory")
        found = judge_values(_values(check), played, self.tests)
        if found is None and isinstance(check.expect, Work):
            rows, found = judge_work(
                check.expect, played.arguments, mine.counts, played.drawn.counts
            )
            self._keep_rows(rows)
        return found

    def _keep_rows(self, rows: list[WorkRow]) -> None:
        for row in rows:
            old = self.work.get(row.name)
            if old is None or (old.ok, -_load(old)) >= (row.ok, -_load(row)):
                self.work[row.name] = row

    def _confirm(self, check: Check, played: Played, result: CheckResult) -> None:
        """Play the smallest case once more, alone: does it fail by itself?"""
        if played.mine.end or isinstance(_values(check), Law):
            return
        fresh = Side(self.launcher, self.setting, self.job.source, self.job.siblings)
        fresh.start()
        try:
            greeting = fresh.greet()
            if "end" in greeting or greeting.get("error"):
                return
            fresh.ask(check.name, played.case, played.seed, isinstance(check.expect, Work))
            again = Played(
                played.arguments,
                played.case,
                played.seed,
                fresh.answer(played.drawn.cpu),
                played.drawn,
                played.exact,
            )
            if self.complain(check, again) is None:
                result.complaint = (
                    "Non-deterministic: the case failed, then passed when played alone. Something "
                    "is kept between calls, or randomness does not come from the generator. "
                    + result.complaint
                )
        finally:
            fresh.stop()
            self.mine.printed += fresh.printed[: 1 << 12]

    def _diagnose(self, check: Check, hunt: Hunt, result: CheckResult) -> None:
        passed = {result.name for result in self.verdict.checks if result.status == "passed"}
        suspects = [
            Suspect(row["name"], row["says"], Side(self.launcher, self.setting, row["text"]))
            for row in self.job.mistakes
            if not passed & set(row["caught_by"])  # it would have failed there, too
        ]
        failing = [played for played, _ in hunt.failures[-1 - REMEMBERED :]]
        found = diagnose(
            check, _values(check), failing, hunt.passes, suspects, self._suspect_complaint
        )
        result.diagnosis = found or ""

    def _suspect_complaint(self, check: Check, played: Played) -> Complaint | None:
        """Like `complain`, for a known mistake: it leaves no trace in the verdict."""
        mine = played.mine
        if mine.end:
            return _end_complaint(mine)
        found = judge_values(_values(check), played, self.tests)
        if found is None and isinstance(check.expect, Work):
            counts = (mine.counts, played.drawn.counts)
            _, found = judge_work(check.expect, played.arguments, *counts)
        return found

    # --- the end -----------------------------------------------------------------------------

    def _fill_in(self) -> None:
        told = {result.name for result in self.verdict.checks}
        for check in self.checks:
            if check.name not in told:
                self.verdict.checks.append(CheckResult(check.name, check.claim))
        self.verdict.work = list(self.work.values())
        self.verdict.output = printed_by([self.mine])
        self.verdict.status = min(self.worst, key=SEVERITY.index, default="passed")
        if all(check.status == "not graded here" for check in self.verdict.checks[1:]):
            self.verdict.status = "skipped" if not self.worst else self.verdict.status


def judge_values(expect: Values, played: Played, tests: int) -> Complaint | None:
    """What the expectation has against the submission's observation."""
    mine = played.mine
    if isinstance(expect, (Law, Relation)):
        if mine.error is not None or played.drawn.error is not None:
            return compare_errors(played)
        if isinstance(expect, Law):
            table = expect.probabilities(**played.arguments)
            return against_law(mine.value, table, expect.alpha / tests)
        text = expect.complaint(plain(mine.value), **played.arguments)
        return None if text is None else Complaint(text, describe(mine.value), kind=text)
    return compare(expect, mine, played.drawn, played.exact)


def compare_errors(played: Played) -> Complaint | None:
    """Compare two plays of which at least one raised."""
    from drill.grader.expect import Exact

    return compare(Exact(), played.mine, played.drawn, played.drawn)


def plain(value: Any) -> Any:
    """An observed value with tensors instead of their facts, for a relation to look at."""
    from drill.grader.codec import SeenTensor

    match value:
        case SeenTensor():
            return value.values
        case list():
            return [plain(item) for item in value]
        case tuple():
            return tuple(plain(item) for item in value)
        case dict():
            return {key: plain(item) for key, item in value.items()}
    return value


def _values(check: Check) -> Values:
    return check.expect.values if isinstance(check.expect, Work) else check.expect


def _needs_exact(check: Check) -> bool:
    return getattr(_values(check), "oracle", "as drawn") == "promoted"


def _check_rules(rules: Sequence[str]) -> None:
    for text in rules:
        try:
            Rule.parse(text)
        except ValueError as error:
            raise ContentError(f"A rule of `forbid`: {error}", code="bad-rule") from error


def _load(row: WorkRow) -> float:
    return row.yours / row.limit if row.limit else row.yours


def _end_complaint(mine: Observation) -> Complaint:
    texts = {
        "late": f"It did not finish in time. {mine.detail}",
        "crash": f"The process died ({mine.detail}).",
        "exit": f"The process ended before it answered ({mine.detail}).",
        "malformed": f"It answered in a way that can't be read: {mine.detail}.",
    }
    return Complaint(texts.get(mine.end, mine.end), kind=mine.end)


def _loading_complaint(greeting: Mapping[str, Any]) -> Complaint | None:
    if "end" in greeting:
        return _end_complaint(Observation(end=greeting["end"], detail=greeting["detail"]))
    if greeting["error"]:
        return Complaint("It can't be imported.", describe_error(greeting["error"]), kind="import")
    if greeting["missing"]:
        names = ", ".join(f"`{name}`" for name in greeting["missing"])
        return Complaint(f"It does not define {names}.", kind="missing")
    return None


def main() -> None:
    """The judge's process: one job in, progress and a verdict out."""
    channel = Channel(socket.socket(fileno=CHANNEL))
    launcher = inherited()
    with contextlib.suppress(Closed):
        header, _ = channel.receive()
        try:
            verdict = grade(Job.from_json(header["job"]), launcher, _reporter(channel))
            channel.send({"op": "verdict", "verdict": verdict.to_json()})
        except DrillError as error:
            channel.send({"op": "error", "kind": type(error).__name__, **error.to_json()})
        except Exception as error:
            import traceback

            text = "".join(traceback.format_exception(error))[-8000:]
            channel.send({"op": "bug", "text": text})
    launcher.close()


def _reporter(channel: Channel) -> Callable[[str, int, int], None]:
    def report(check: str, done: int, total: int) -> None:
        channel.send({"op": "progress", "check": check, "done": done, "total": total})

    return report


def grade(job: Job, launcher: Launcher, report: Callable[[str, int, int], None]) -> Verdict:
    """Grade one job in this process."""
    torch.set_num_threads(1)
    with hypothesis_at(Path(job.scratch)):
        return Grading(job, launcher, report).run()


@contextlib.contextmanager
def hypothesis_at(folder: Path) -> Iterator[None]:
    """Keep Hypothesis' files in `folder`, and its draws independent of what is imported."""
    from hypothesis import configuration
    from hypothesis.internal.conjecture import providers

    configuration.set_hypothesis_home_dir(folder / "hypothesis")
    # It would feed constants found in local modules into the draws: verdicts would then depend
    # on which modules are loaded.
    if hasattr(providers, "_get_local_constants"):
        providers._get_local_constants = lambda: providers._local_constants
    yield
