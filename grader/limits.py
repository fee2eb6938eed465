"""Are the counts of a play within the limits of its check?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from drill.grader.compare import Complaint
from drill.grader.errors import ContentError
from drill.grader.expect import Exactly, Limit, Times, Work
from drill.grader.verdict import WorkRow


def judge_work(
    expect: Work,
    arguments: Mapping[str, Any],
    mine: Mapping[str, float],
    reference: Mapping[str, float],
) -> tuple[list[WorkRow], Complaint | None]:
    """A row a limit, and the complaint about the first that is not kept."""
    rows: list[WorkRow] = []
    found: Complaint | None = None
    for name, limit in expect.limits.items():
        if name not in reference:
            known = ", ".join(sorted(reference))
            raise ContentError(
                f"No counter is called {name!r}; there are: {known}.", code="bad-checks"
            )
        row = _row(name, limit, arguments, mine.get(name, 0.0), reference[name])
        rows.append(row)
        if not row.ok and found is None:
            found = _complaint(row, isinstance(limit, Exactly), _parts(name, mine))
    broken = ", ".join(row.name for row in rows if not row.ok)
    return rows, found and replace(found, kind=f"work {broken}")


def _row(
    name: str, limit: Limit, arguments: Mapping[str, Any], mine: float, reference: float
) -> WorkRow:
    if isinstance(limit, Times):
        most = limit.factor * reference
    else:
        count = limit.count if isinstance(limit, Exactly) else limit
        most = float(count(**arguments)) if callable(count) else float(count)
    ok = mine == most if isinstance(limit, Exactly) else mine <= most
    return WorkRow(name, mine, most, reference, ok)


def _parts(name: str, mine: Mapping[str, float]) -> str:
    """What a counter is made of, if that was counted too: "item 2, tolist 1"."""
    start = f"{name}: "
    counted = ((key.removeprefix(start), mine[key]) for key in sorted(mine) if start in key)
    return ", ".join(f"{part} {_count(count)}" for part, count in counted if count)


def _complaint(row: WorkRow, exactly: bool, parts: str) -> Complaint:
    bound = "exactly" if exactly else "at most"
    noun = row.name.removesuffix("s") if row.yours == 1 else row.name
    got, wanted = f"{_count(row.yours)} {noun}", f"{bound} {_count(row.limit)}"
    got += f" ({parts})" if parts else ""
    return Complaint(f"It takes {got}; allowed are {wanted}.", got, wanted)


def _count(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
