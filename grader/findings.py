"""What a play amounts to: the two sides' observations of one case, and what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drill.grader.checks import Check
from drill.grader.codec import SeenTensor
from drill.grader.compare import Complaint, compare
from drill.grader.expect import Exact, Law, Relation, Values, Work
from drill.grader.law import against_law, how_many
from drill.grader.limits import judge_work
from drill.grader.observation import Observation, describe, describe_error
from drill.grader.sides import EncodedCase
from drill.grader.verdict import WorkRow


@dataclass(frozen=True)
class Played:
    """A case with what the submission and, twice, the reference showed."""

    arguments: Mapping[str, Any]
    case: EncodedCase
    seed: int
    mine: Observation
    drawn: Observation
    exact: Observation


def values_of(check: Check) -> Values:
    """What a check expects of the values, whatever it limits besides."""
    return check.expect.values if isinstance(check.expect, Work) else check.expect


def needs_exact(check: Check) -> bool:
    """Whether the reference plays a second time, on float64 inputs."""
    return getattr(values_of(check), "oracle", "as drawn") == "promoted"


def complain(check: Check, played: Played, tests: int) -> tuple[Complaint | None, list[WorkRow]]:
    """What is wrong with the submission's play, and its measured work.

    `tests` is over how many statistical tests the grading shares its level out. Raises Undecided.
    """
    mine = played.mine
    if mine.end:
        return complaint_of_end(mine), []
    if mine.error and "MemoryError" in mine.error["classes"]:
        return Complaint("It ran out of memory.", describe_error(mine.error), kind="memory"), []
    found = _judge_values(values_of(check), played, tests)
    if found is not None or not isinstance(check.expect, Work):
        return found, []
    rows, found = judge_work(check.expect, played.arguments, mine.counts, played.drawn.counts)
    return found, rows


def _judge_values(expect: Values, played: Played, tests: int) -> Complaint | None:
    mine = played.mine
    if not isinstance(expect, (Law, Relation)):
        return compare(expect, mine, played.drawn, played.exact)
    if mine.error is not None or played.drawn.error is not None:
        return compare(Exact(), mine, played.drawn, played.drawn)
    if isinstance(expect, Law):
        table = expect.probabilities(**played.arguments)
        wanted = how_many(played.drawn.value)
        return against_law(mine.value, table, expect.alpha / tests, wanted)
    return _judge_relation(expect, played)


def _judge_relation(expect: Relation, played: Played) -> Complaint | None:
    try:
        text = expect.complaint(plain(played.mine.value), **played.arguments)
    except Exception:
        # A relation may take the form of the reference's result for granted; its own bugs show.
        expect.complaint(plain(played.drawn.value), **played.arguments)
        text = "The result is not of the form that the statement asks for."
        got, wanted = describe(played.mine.value), describe(played.drawn.value)
        return Complaint(text, got, wanted, "form")
    return None if text is None else Complaint(text, describe(played.mine.value), kind=text)


def plain(value: Any) -> Any:
    """An observed value with tensors instead of their facts, for a relation to look at."""
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


def complaint_of_end(mine: Observation) -> Complaint:
    """A player that went before it answered, in words."""
    texts = {
        "late": f"It did not finish in time. {mine.detail}",
        "crash": f"The process died ({mine.detail}).",
        "exit": f"The process ended before it answered ({mine.detail}).",
        "malformed": f"It answered in a way that can't be read: {mine.detail}.",
    }
    return Complaint(texts.get(mine.end, mine.end), kind=mine.end)


def complaint_of_loading(greeting: Mapping[str, Any]) -> Complaint | None:
    """Why a submission can't be played at all."""
    if "end" in greeting:
        return complaint_of_end(Observation(end=greeting["end"], detail=greeting["detail"]))
    if greeting["error"]:
        return Complaint("It can't be imported.", describe_error(greeting["error"]), kind="import")
    if greeting["missing"]:
        names = ", ".join(f"`{name}`" for name in greeting["missing"])
        return Complaint(f"It does not define {names}.", kind="missing")
    return None
