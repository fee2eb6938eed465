"""The search for a failing case and, once there is one, for the smallest."""

import contextlib
import hashlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from drill.grader.checks import Check
from drill.grader.compare import Complaint, Undecided
from drill.grader.findings import Played
from drill.grader.sides import EncodedCase, encode
from drill.grader.strata import CURRENT, Stratum
from drill.grader.tape import Drawn

PROBES = 2
SHRINK_CALLS = 150
SHRINK_SECONDS = 5.0
SHRINK_DEATHS = 2
REMEMBERED = 5  # earlier failing cases, and as many passing ones, that a diagnosis must fit

Trial = Callable[[dict[str, Any], EncodedCase, int], tuple[Played, Complaint | None]]


class Found(Exception):
    """A case on which the submission fails; always this one class, so that shrinking is stable."""


class Fault(BaseException):
    """Around an error of the grader's own: Hypothesis would take an Exception for a failing case,
    and play it again and again."""


@dataclass
class Hunt:
    """The search of one check: `trial` plays a case and says what is wrong with it.

    `drawn` are the cases of an earlier search that found nothing, where there was one.
    """

    check: Check
    trial: Trial
    shrink: bool = True
    drawn: list[Drawn] | None = None
    cases: list[Drawn] = field(default_factory=list)
    failures: list[tuple[Played, Complaint]] = field(default_factory=list)
    passes: list[Played] = field(default_factory=list)
    examples: int = 0
    _known: dict[bytes, Complaint | None] = field(default_factory=dict)
    _calls: int = 0
    _began: float = 0.0
    _deaths: int = 0

    def run(self, seed_text: str) -> None:
        """Draw the check's cases; on the first failing one shrink until the budget is used up.

        Afterwards the last of `failures` is the smallest failing case.
        """
        try:
            # What was drawn once is drawn again only where a failing case is to be shrunk.
            if self.drawn is None or (self._fails_again(self.drawn) and self.shrink):
                self._draw(seed_text)
        except Fault as fault:
            raise fault.args[0] from None

    def _fails_again(self, drawn: list[Drawn]) -> bool:
        for arguments, case in drawn:
            with contextlib.suppress(Undecided):
                if self._fails(dict(arguments), case):
                    return True
        return False

    def _draw(self, seed_text: str) -> None:
        stratum = Stratum()
        token = CURRENT.set(stratum)
        try:
            # The first draws tell how many strata there are.
            found = self._search(stratum, f"{seed_text}/probe", min(PROBES, self.check.examples))
            share = math.ceil((self.check.examples - PROBES) / stratum.widest)
            while stratum.number < stratum.widest and share > 0 and not found:
                found = self._search(stratum, f"{seed_text}/{stratum.number}", max(2, share))
                stratum.number += 1
        finally:
            CURRENT.reset(token)

    def _search(self, stratum: Stratum, seed_text: str, examples: int) -> bool:
        digest = hashlib.sha256(seed_text.encode()).digest()
        shape = st.fixed_dictionaries(dict(self.check.draws))

        @hypothesis.seed(int.from_bytes(digest[:8], "big"))
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(st.builds(stratum.begin).flatmap(lambda _: shape))
        def search(arguments: dict[str, Any]) -> None:
            # One place raises: Hypothesis tells failures apart by where they come from.
            if self._fails_or_rejects(arguments):
                raise Found

        try:
            search()
        except Found:
            return True
        except Unsatisfiable:
            pass  # No case had a margin; `examples` tells.
        return False

    def spread_failures(self) -> list[Played]:
        """The smallest failing case first, then a few of the others, from all over the search."""
        *others, smallest = [played for played, _ in self.failures]
        step = max(1, len(others) // REMEMBERED)
        return [smallest, *others[::step][:REMEMBERED]]

    def _fails_or_rejects(self, arguments: dict[str, Any]) -> bool:
        case = encode(arguments)
        if not self.failures:
            self.cases.append((arguments, case))
        try:
            return self._fails(arguments, case)
        except Undecided:
            hypothesis.reject()

    def _fails(self, arguments: dict[str, Any], case: EncodedCase) -> bool:
        """Raises Undecided where the case has no margin."""
        key = case.digest
        if key in self._known:
            if self._known[key] is not None:
                self._put_last(key)
            return self._known[key] is not None
        if self._exhausted():
            return False
        self._calls += bool(self.failures)
        try:
            played, complaint = self.trial(arguments, case, int.from_bytes(key[:4], "big") >> 1)
        except Undecided:
            raise
        except Exception as fault:
            raise Fault(fault) from fault
        self.examples += not self.failures
        self._known[key] = complaint
        if complaint is None:
            self.passes = [*self.passes, played][-REMEMBERED:]
        else:
            self._note(played, complaint)
        return complaint is not None

    def _exhausted(self) -> bool:
        """Whether shrinking has used up its budget. A hang costs its limit: it is not repeated."""
        if not self.failures:
            return False
        spent = time.monotonic() - self._began > SHRINK_SECONDS or self._calls > SHRINK_CALLS
        hung = self.failures[-1][0].mine.end == "late"
        return not self.shrink or hung or spent or self._deaths >= SHRINK_DEATHS

    def _note(self, played: Played, complaint: Complaint) -> None:
        if not self.failures:
            self._began = time.monotonic()
        self.failures.append((played, complaint))
        self._deaths += bool(played.mine.end)

    def _put_last(self, key: bytes) -> None:
        """Hypothesis replays the smallest case last: so must it stand in `failures`."""
        for place, (played, _) in enumerate(self.failures):
            if played.case.digest == key:
                self.failures.append(self.failures.pop(place))
                return


@contextlib.contextmanager
def hypothesis_at(folder: Path) -> Iterator[None]:
    """Keep Hypothesis' files in `folder`; make its draws independent of each other and of us.

    It would feed constants found in local modules into the draws, so that verdicts depended on
    which modules are loaded; it would spend draws on mutations of earlier ones, where few draws
    have to cover much; and it would read the search's source for each search, for a database.
    """
    from hypothesis import configuration, core
    from hypothesis.internal.conjecture import engine, providers

    configuration.set_hypothesis_home_dir(folder / "hypothesis")
    with (
        replaced(providers, "_get_local_constants", lambda: providers._local_constants),
        replaced(engine.ConjectureRunner, "generate_mutations_from", lambda self, data: None),
        replaced(core, "function_digest", lambda function: b""),
    ):
        yield


@contextlib.contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Another value for an attribute, if it is there: other versions may lack it."""
    if not hasattr(owner, name):
        yield
        return
    kept = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, kept)
