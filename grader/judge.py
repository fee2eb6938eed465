"""The judge: has both sides play what it draws, compares, shrinks, and says what is wrong.

It runs trusted code alone: checks.py and this package. The submission, the reference and the
known mistakes run in players.
"""

import contextlib
import socket
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from drill.grader.casecode import case_code
from drill.grader.channel import Channel, Closed
from drill.grader.checks import Check, checks_of, prerequisites, timing_of
from drill.grader.compare import Complaint
from drill.grader.diagnose import Suspect, diagnose
from drill.grader.errors import ContentError, DrillError
from drill.grader.expect import Law, Work
from drill.grader.findings import Played, complain, complaint_of_loading, needs_exact, values_of
from drill.grader.hunt import Hunt, hypothesis_at
from drill.grader.launcher import Launcher, inherited
from drill.grader.observation import Observation, describe_error
from drill.grader.player import load_text
from drill.grader.sides import EncodedCase, Setting, Side, encode, printed_by
from drill.grader.speed import measure, rehearse, untold
from drill.grader.tape import Tape
from drill.grader.verdict import SEVERITY, SPEED, UNTIMED, CheckResult, Status, Verdict, WorkRow
from drill.grader.work import Rule
from drill.grader.zygote import CHANNEL

SENT_AHEAD = 64 << 10  # bytes
REFERENCE_IMPORT = 60.0  # seconds; a slow disk is not the learner's fault

LOADS = ("loads", "Your file can be imported and defines every name the statement asks for.")
RULES = ("rules", "Uses nothing that the statement forbids.")

Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Job:
    """Everything a grading needs, as texts: the judge reads no file of the drill's."""

    drill: str
    file: str
    checks: str
    reference: str
    source: str
    siblings: Mapping[str, str]
    mistakes: Sequence[Mapping[str, Any]]  # {"name", "says", "text", "caught_by"}
    names: Sequence[str]
    rules: Sequence[str]
    needs: Sequence[str]
    kernel: bool
    seed: int
    scratch: str
    seconds: float = 60.0
    always: Sequence[str] = ()  # checks that are run whatever failed before them
    shrink: bool = True
    speed: bool = False
    rehearse: bool = False  # only see that the timing works


class Stop(BaseException):
    """No further check says anything: the grading ends here, even if Hypothesis is at work."""


class Grading:
    """One job from start to verdict."""

    def __init__(self, job: Job, launcher: Launcher, report: Report, tape: Tape) -> None:
        self.job = job
        self.tape = tape
        self.report = report
        self.launcher = launcher
        self.module = load_text("checks", job.checks)
        self.checks = checks_of(self.module)
        self.needs = prerequisites(self.checks)
        _check_rules(job.rules)
        self.setting = Setting(
            checks=job.checks,
            names=tuple(job.names),
            rules=tuple(job.rules),
            needs=tuple(job.needs),
            kernel=job.kernel,
            scratch=Path(job.scratch),
        )
        self.mine = self._side(job.source, job.siblings)
        self.reference = Side(launcher, self.setting, job.reference, trusted=True)
        self.verdict = Verdict(job.drill, "passed", seed=job.seed, file=job.file)
        self.work: dict[str, WorkRow] = {}
        self.worst: list[Status] = []
        self.deadline = time.monotonic() + job.seconds
        laws = [check for check in self.checks if isinstance(values_of(check), Law)]
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
        if (self.job.speed or self.job.rehearse) and self.verdict.status == "passed":
            self.verdict.speed = self._speed()
        return self.verdict

    def _speed(self) -> dict[str, Any]:
        timing = timing_of(self.module)
        if timing is None:
            return untold(UNTIMED)
        self.report(SPEED, len(self.checks), len(self.checks))

        def side(reference: bool) -> Side:
            if reference:
                return Side(self.launcher, self.setting, self.job.reference, trusted=True)
            return self._side(self.job.source, self.job.siblings)

        act = measure if self.job.speed else rehearse
        return act(timing, side, f"{self.job.drill}/{timing.name}/{self.job.seed}")

    def _side(self, source: str, siblings: Mapping[str, str]) -> Side:
        return Side(self.launcher, self.setting, source, siblings)

    # --- loading -----------------------------------------------------------------------------

    def _load(self) -> None:
        self.mine.start()
        result = self._begin(*LOADS)
        if self.tape.empty:
            self._load_reference()
        greeting = self.mine.greet()
        self.verdict.sandbox = self.mine.sandbox
        complaint = complaint_of_loading(greeting)
        if complaint is not None:
            self._fail(result, complaint, "timeout" if greeting.get("end") == "late" else "error")
            raise Stop
        result.status = "passed"
        if self.job.rules:
            self._begin(*RULES).status = "passed"
            self._keep_rules(greeting["breaches"])

    def _load_reference(self) -> None:
        known = self.reference.greet(REFERENCE_IMPORT)
        if known.get("error"):
            text = f"The reference of {self.job.drill} can't be imported: "
            raise ContentError(text + describe_error(known["error"]), code="bad-reference")

    def _begin(self, name: str, claim: str) -> CheckResult:
        result = CheckResult(name, claim, examples=int(name in (LOADS[0], RULES[0])))
        self.verdict.checks.append(result)
        return result

    def _keep_rules(self, breaches: Sequence[Mapping[str, Any]]) -> None:
        """End the grading at the first use of something forbidden."""
        if not breaches or not self.job.rules:
            return
        first = breaches[0]
        where = f"Line {first['line']}" if first["line"] else "Your code"
        text = f"{where} uses {first['rule'].split(': ', 1)[-1]}, which this drill forbids."
        result = next(check for check in self.verdict.checks if check.name == RULES[0])
        self._fail(result, Complaint(text, kind="forbidden"), "forbidden")
        raise Stop

    def _fail(self, result: CheckResult, complaint: Complaint, status: Status) -> None:
        result.status = "failed"
        result.complaint = complaint.text
        result.got, result.wanted = complaint.got, complaint.wanted
        self.worst.append(status)

    # --- checks ------------------------------------------------------------------------------

    def _run_checks(self) -> None:
        failed: set[str] = set()
        for place, check in enumerate(self.checks):
            self.report(check.name, place, len(self.checks))
            result = self._begin(check.name, check.claim)
            if self._not_here(check, result):
                continue
            if failed & self.needs[check.name] and check.name not in self.job.always:
                continue
            self._run_check(check, result, shrink=self.job.shrink and not failed)
            if result.status != "passed":
                failed.add(check.name)

    def _not_here(self, check: Check, result: CheckResult) -> bool:
        """Whether this machine can't grade the check; the verdict is partial then."""
        unmetered = bool(self.mine.note) and isinstance(check.expect, Work)
        missing = check.gpu and not torch.cuda.is_available()
        if not (unmetered or missing):
            return False
        result.status = "not graded here"
        result.complaint = "It needs a CUDA device." if missing else self.mine.note
        self.verdict.partial = True
        return True

    def _run_check(self, check: Check, result: CheckResult, shrink: bool) -> None:
        def trial(
            arguments: dict[str, Any], case: EncodedCase, seed: int
        ) -> tuple[Played, Complaint | None]:
            played = self._play(check, arguments, case, seed)
            return played, self._complain(check, played)

        hunt = Hunt(check, trial, shrink, self.tape.searches.get(check.name))
        hunt.run(f"{self.job.drill}/{check.name}/{self.job.seed}")
        result.examples = hunt.examples
        if not hunt.failures:
            self.tape.searches.setdefault(check.name, hunt.cases)
            if not hunt.examples:
                text = f"No case that {check.name} draws has a margin: it grades nothing."
                raise ContentError(text, code="bad-checks")
            result.status = "passed"
            return
        played, complaint = hunt.failures[-1]
        hung = played.mine.end == "late"
        self._fail(result, complaint, "timeout" if hung else "failed")
        if complaint.kind == "unwritten":
            return
        result.code = case_code(
            check,
            self.module,
            self.job.checks,
            played.arguments,
            self.job.drill,
            played.seed,
            self.job.kernel,
        )
        if hung:
            raise Stop
        if shrink:
            self._confirm(check, played, result)
            self._diagnose(check, hunt, result)

    def _play(
        self, check: Check, arguments: Mapping[str, Any], case: EncodedCase, seed: int
    ) -> Played:
        """Have both sides play a case; the reference twice where values are compared."""
        late = self._cannot_play()
        if late:
            mine = Observation(end="late", detail=late)
            return Played(arguments, case, seed, mine, Observation(), Observation())
        self.mine.ask(check.name, case, seed, isinstance(check.expect, Work))
        shown = self.tape.shown(check.name, case)
        drawn, exact = shown or self._play_reference(check, arguments, case, seed)
        mine = self.mine.answer(drawn.cpu)
        return Played(arguments, case, seed, mine, drawn, exact)

    def _play_reference(
        self, check: Check, arguments: Mapping[str, Any], case: EncodedCase, seed: int
    ) -> tuple[Observation, Observation]:
        """What the reference shows on the case as drawn and, where that is compared, in float64."""
        self.reference.ready()
        self.reference.ask(check.name, case, seed, isinstance(check.expect, Work))
        promoted = encode(arguments, promoted=True) if needs_exact(check) else None
        # A small case is sent ahead; a large one could block both ends, each writing to the other.
        ahead = promoted is not None and sum(map(len, promoted.body)) <= SENT_AHEAD
        if promoted is not None and ahead:
            self.reference.ask(check.name, promoted, seed)
        drawn = exact = self.reference.answer()
        if promoted is not None:
            if not ahead:
                self.reference.ask(check.name, promoted, seed)
            exact = self.reference.answer()
            _check_exact(check, drawn, exact)
        return self.tape.keep(check.name, case, (drawn, exact))

    def _cannot_play(self) -> str:
        if time.monotonic() > self.deadline:
            return f"The grading took longer than {self.job.seconds:.0f} s."
        return "" if self.mine.ready() else "After it had died it could not be imported again."

    def _complain(self, check: Check, played: Played) -> Complaint | None:
        """What is wrong with the submission's play; a forbidden call ends the grading."""
        self._keep_rules(played.mine.breaches)
        found, rows = complain(check, played, self.tests)
        for row in rows:
            old = self.work.get(row.name)
            if old is None or (old.ok, -_load(old)) >= (row.ok, -_load(row)):
                self.work[row.name] = row
        return found

    # --- after a failure ---------------------------------------------------------------------

    def _confirm(self, check: Check, played: Played, result: CheckResult) -> None:
        """Play the smallest case once more, in a new player: does it fail by itself?"""
        if played.mine.end:
            return
        fresh = self._side(self.job.source, self.job.siblings)
        try:
            if not fresh.ready():
                return
            fresh.ask(check.name, played.case, played.seed, isinstance(check.expect, Work))
            again = replace(played, mine=fresh.answer(played.drawn.cpu))
            if complain(check, again, self.tests)[0] is None:
                result.complaint = (
                    "Non-deterministic: this case failed, and passed when it was played alone. "
                    "Something is kept between calls, or chance does not come from torch's "
                    f"generators. {result.complaint}"
                )
        finally:
            fresh.stop()

    def _diagnose(self, check: Check, hunt: Hunt, result: CheckResult) -> None:
        """Name the mistake, if just one of those known does what the submission does."""
        passed = {other.name for other in self.verdict.checks if other.status == "passed"}
        # One that a passed check catches would have failed there, too.
        rows = [row for row in self.job.mistakes if not passed & set(row["caught_by"])]
        suspects = [Suspect(row["name"], row["says"]) for row in rows]
        texts = {row["name"]: row["text"] for row in rows}
        side = Side(self.launcher, self.setting, "", known=texts)

        def judging(played: Played) -> Complaint | None:
            return complain(check, played, self.tests)[0]

        failing = hunt.spread_failures()
        try:
            told = diagnose(check, failing, hunt.passes, suspects, side, judging)
        finally:
            side.stop()
        result.diagnosis = told or ""

    def _fill_in(self) -> None:
        told = {result.name for result in self.verdict.checks}
        for check in self.checks:
            if check.name not in told:
                self.verdict.checks.append(CheckResult(check.name, check.claim))
        self.verdict.work = list(self.work.values())
        self.verdict.output = printed_by([self.mine])
        self.verdict.status = min(self.worst, key=SEVERITY.index, default="passed")
        graded = [check for check in self.verdict.checks if check.name not in (LOADS[0], RULES[0])]
        if not self.worst and all(check.status == "not graded here" for check in graded):
            self.verdict.status = "skipped"


def _check_rules(rules: Sequence[str]) -> None:
    for text in rules:
        try:
            Rule.parse(text)
        except ValueError as error:
            raise ContentError(f"A rule of `forbid`: {error}", code="bad-rule") from error


def _check_exact(check: Check, drawn: Observation, exact: Observation) -> None:
    if exact.error is not None and drawn.error is None:
        raise ContentError(
            f"The play {check.name} fails on float64 inputs: {describe_error(exact.error)}",
            code="bad-checks",
            remedy='Use expect=close(oracle="as drawn").',
        )


def _load(row: WorkRow) -> float:
    return row.yours / row.limit if row.limit else row.yours


def grade(job: Job, launcher: Launcher, report: Report, tape: Tape | None = None) -> Verdict:
    """Grade one job in this process."""
    torch.set_num_threads(1)
    with hypothesis_at(Path(job.scratch)):
        return Grading(job, launcher, report, tape or Tape()).run()


def about(job: Job) -> tuple[Any, ...]:
    """What the cases and the reference's answers depend on."""
    needs = (tuple(job.rules), tuple(job.needs), job.kernel)
    return (job.drill, job.checks, job.reference, tuple(job.names), *needs, job.seed)


def main() -> None:
    """The judge's process: jobs in, one after the other; progress and a verdict out for each."""
    channel = Channel(socket.socket(fileno=CHANNEL))
    launcher = inherited()

    def report(check: str, done: int, total: int) -> None:
        channel.send({"op": "progress", "check": check, "done": done, "total": total})

    tape = Tape()
    with contextlib.suppress(Closed):
        while True:
            header, _ = channel.receive()
            job = Job(**header["job"])
            tape = tape.for_(about(job))
            channel.send(_reply(job, launcher, report, tape))
    launcher.close()


def _reply(job: Job, launcher: Launcher, report: Report, tape: Tape) -> dict[str, Any]:
    """What comes of a grading: a verdict, an error of the content's, or a fault of ours."""
    try:
        return {"op": "verdict", "verdict": grade(job, launcher, report, tape).to_json()}
    except DrillError as error:
        return {"op": "error", "kind": type(error).__name__, **error.to_json()}
    except Exception:
        return {"op": "bug", "text": traceback.format_exc()[-8000:]}
