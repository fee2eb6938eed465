"""Making sure that every regime of a check is drawn, however few its examples.

Left to chance, 30 draws from four regimes can miss one, and a mistake that only it shows would
pass. So a check is searched stratum by stratum: in stratum n the first choice of an example takes
its option n (modulo how many there are); further choices stay random.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy


@dataclass
class Stratum:
    """The stratum being searched, and what its draws told: how many options the choices have."""

    number: int = 0
    widest: int = 1
    first: bool = True

    def begin(self) -> None:
        """A new example is drawn."""
        self.first = True


# Draws have no argument through which the search could reach them.
CURRENT: ContextVar[Stratum | None] = ContextVar("stratum", default=None)


def choice(options: Sequence[Any]) -> SearchStrategy[Any]:
    """One of the options; each gets its turn where a search goes through the strata."""
    kept = list(options)
    if len(kept) == 1:  # No choice: the turn is left to the next one.
        return st.just(kept[0])

    def pick(drawn: int) -> Any:
        stratum = CURRENT.get()
        if stratum is None:
            return kept[drawn]
        stratum.widest = max(stratum.widest, len(kept))
        place = stratum.number % len(kept) if stratum.first else drawn
        stratum.first = False
        return kept[place]

    return st.integers(0, len(kept) - 1).map(pick)


def favoured(options: Sequence[Any]) -> SearchStrategy[Any]:
    """Mostly the first option; in stratum n every other time option n, so that none is missed."""
    kept = list(options)

    def pick(drawn: int) -> Any:
        stratum = CURRENT.get()
        number = drawn if stratum is None else stratum.number
        if stratum is not None:
            stratum.widest = max(stratum.widest, len(kept))
        return kept[number % len(kept)] if drawn % 2 else kept[0]

    return st.integers(0, 7).map(pick)
