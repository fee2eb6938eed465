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
            found = _complaint(row, isinstance(limit, Exactly))
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


def _complaint(row: WorkRow, exactly: bool) -> Complaint:
    bound = "exactly" if exactly else "at most"
    text = f"It takes {_count(row.yours)} {row.name}; allowed are {bound} {_count(row.limit)}."
    got, wanted = f"{_count(row.yours)} {row.name}", f"{bound} {_count(row.limit)}"
    return Complaint(text, got, wanted)


def _count(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
