"""The verdict: what a grading found, as plain data with a fixed JSON form."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["passed", "failed", "forbidden", "timeout", "error", "skipped"]
CheckStatus = Literal["passed", "failed", "not run", "not graded here"]

# Worst first: a verdict has the status of its worst finding.
SEVERITY: tuple[Status, ...] = ("error", "timeout", "forbidden", "failed", "passed")


@dataclass
class CheckResult:
    """What one check found. Texts are empty where there is nothing to say."""

    name: str
    claim: str
    status: CheckStatus = "not run"
    examples: int = 0
    complaint: str = ""
    code: str = ""
    got: str = ""
    wanted: str = ""
    diagnosis: str = ""

    def to_json(self) -> dict[str, Any]:
        """The check as the contract has it: the case's code stands under `case`."""
        row = asdict(self)
        code = row.pop("code")
        row["case"] = {"code": code} if code else None
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "CheckResult":
        """The inverse of `to_json`."""
        case = row["case"] or {"code": ""}
        return cls(code=case["code"], **{key: row[key] for key in row if key != "case"})


SPEED = "speed"  # what a grading says it is at while it measures

# Why there is no ratio in a verdict's `speed`, in its "note".
NOISY = "This machine is too busy to tell: try again when it is quiet."
NOWHERE = "Speed is measured on Linux only."
UNTIMED = "This drill has no timing."


@dataclass(frozen=True)
class WorkRow:
    """One deterministic measure: the submission's count, the limit, the reference's count."""

    name: str
    yours: float
    limit: float
    reference: float
    ok: bool


@dataclass
class Verdict:
    """The outcome of one grading."""

    drill: str
    status: Status
    partial: bool = False
    seed: int = 0
    seconds: float = 0.0
    checks: list[CheckResult] = field(default_factory=list)
    work: list[WorkRow] = field(default_factory=list)
    speed: dict[str, Any] | None = None
    output: str = ""
    sandbox: list[str] = field(default_factory=list)
    file: str = ""

    @property
    def exit_status(self) -> int:
        """0 passed, 1 not passed, 3 cannot be graded here."""
        return {"passed": 0, "skipped": 3}.get(self.status, 1)

    @property
    def failure(self) -> CheckResult | None:
        """The first check that failed: the one with the smallest case and the diagnosis."""
        return next((check for check in self.checks if check.status == "failed"), None)

    def to_json(self) -> dict[str, Any]:
        """The verdict as the contract has it, every key always there."""
        return {
            "format": 1,
            "drill": self.drill,
            "status": self.status,
            "partial": self.partial,
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
            "checks": [check.to_json() for check in self.checks],
            "work": [asdict(row) for row in self.work],
            "speed": self.speed,
            "output": self.output,
            "sandbox": self.sandbox,
            "file": self.file,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Verdict":
        """The inverse of `to_json`."""
        plain = {key: row[key] for key in row if key not in ("format", "checks", "work")}
        checks = [CheckResult.from_json(check) for check in row["checks"]]
        work = [WorkRow(**measure) for measure in row["work"]]
        return cls(checks=checks, work=work, **plain)
