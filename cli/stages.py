"""What a design round scored, stage by stage, as plain data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from drill.cli.rounds import signal


@dataclass(frozen=True)
class StageResult:
    """Points made of a stage's, and the seconds it took of its minutes; 0 of it if not reached."""

    name: str
    made: int
    points: int
    seconds: float
    minutes: int

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.made / self.points if self.points else 0.0


@dataclass(frozen=True)
class StageCard:
    """How a design round went."""

    results: tuple[StageResult, ...]

    @property
    def score(self) -> float:
        """The mean of the stages."""
        return sum(one.share for one in self.results) / (len(self.results) or 1)

    @property
    def signal(self) -> str:
        """What an interviewer would write."""
        return signal(self.score)

    def to_json(self) -> dict[str, Any]:
        """The card as `--json` prints it and the record keeps it."""
        rows = [asdict(one) for one in self.results]
        return {"stages": rows, "score": round(self.score, 4), "signal": self.signal}


def read_stages(document: Mapping[str, Any]) -> StageCard:
    """The card that `to_json` wrote. Raises KeyError or TypeError for another document."""
    return StageCard(tuple(StageResult(**row) for row in document["stages"]))
