"""Batches that are timed, as a player sees them: inputs and outputs in shared memory.

The judge writes a batch's inputs while the player is stopped, lets it go, and stops it again when
it says "done". Only what stands there by then counts: each play's result, behind its lengths.
"""

import json
import mmap
import os
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drill.grader.codec import observation_encoder

PREFIX = struct.Struct("<II")  # the lengths of a result's tree and bytes
ALIGN = 64  # bytes, as memory of its own would be


class Region:
    """Memory that judge and player share."""

    def __init__(self, descriptor: int, size: int) -> None:
        try:
            self._memory = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        self._view = memoryview(self._memory)

    def part(self, at: int, size: int) -> memoryview:
        """Some of the bytes, not a copy."""
        return self._view[at : at + size]

    def write(self, at: int, value: Any) -> int:
        """Encode a result at a place; where the next one begins. Raises ValueError if it's full."""
        seen = observation_encoder()
        tree = json.dumps(seen.encode(value), separators=(",", ":")).encode()
        for part in (PREFIX.pack(len(tree), seen.size), tree, *seen.body):
            end = at + len(part)
            self._view[at:end] = part
            at = end
        return at


def play_batch(
    region: Region,
    plays: Sequence[Mapping[str, Any]],
    outputs: int,
    play: Callable[[Mapping[str, Any], memoryview], Any],
) -> None:
    """Play a batch, its results one behind the other from the offset `outputs`."""
    at = outputs
    for one in plays:
        at = region.write(at, play(one, region.part(one["at"], one["size"])))
