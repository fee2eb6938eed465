"""What a judge keeps while it grades one drill again and again: the cases of each search, and what
the reference showed on them. Neither depends on a submission, so a verdict is the same without.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from drill.grader.observation import Observation
from drill.grader.sides import EncodedCase

LARGEST = 1 << 20  # bytes of a case that is kept; large ones are few, and would fill the memory
MOST = 64 << 20  # bytes of all of them: a session may go on for days

Drawn = tuple[Mapping[str, Any], EncodedCase]


@dataclass
class Tape:
    """`about` is what all of it depends on: the drill's texts and the seed."""

    about: tuple[Any, ...] = ()
    searches: dict[str, list[Drawn]] = field(default_factory=dict)
    _shown: dict[tuple[str, bytes], tuple[Observation, Observation]] = field(default_factory=dict)
    _bytes: int = 0

    def for_(self, about: tuple[Any, ...]) -> "Tape":
        """This tape, or an empty one if it is about something else."""
        return self if self.about == about else Tape(about)

    def shown(self, check: str, case: EncodedCase) -> tuple[Observation, Observation] | None:
        """What the reference showed on a case as drawn and in float64, if that is known."""
        return self._shown.get((check, case.digest))

    def keep(
        self, check: str, case: EncodedCase, shown: tuple[Observation, Observation]
    ) -> tuple[Observation, Observation]:
        """Remember it, unless the case is large or the memory for them is used up."""
        size = sum(map(len, case.body))
        if size <= LARGEST and self._bytes + size <= MOST:
            self._bytes += size
            self._shown[check, case.digest] = shown
        return shown

    @property
    def empty(self) -> bool:
        """Whether no grading has been recorded yet."""
        return not self._shown
