"""The kernel whose work is known: the meter counts it to learn whether it can count at all.

Imports triton, so TRITON_INTERPRET must be set before.
"""

import torch
import triton
import triton.language as tl

SIZE = 20  # not a multiple of the block
_BLOCK = 16
TOTALS = {
    "launches": 1,
    "programs": 2,
    "bytes loaded": 80,
    "bytes stored": 80,
    "elements loaded": 20,
    "elements stored": 20,
    "loads": 2,
    "stores": 2,
    "atomics": 2,
    "dots": 2,
    "dot flops": 2 * 2 * 16**3,
}


@triton.jit  # type: ignore[untyped-decorator]
def kernel(x_ptr, y_ptr, total_ptr, n, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    """Store 2 x in y, add up x in total, and multiply one (BLOCK, BLOCK) tile for nothing."""
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < n, other=0.0)
    tl.store(y_ptr + offsets, x + x, mask=offsets < n)
    tl.atomic_add(total_ptr, tl.sum(x))
    tile = x[:, None] * x[None, :]
    tl.dot(tile, tile)


def launch(x: torch.Tensor, y: torch.Tensor, total: torch.Tensor, n: int) -> None:
    """Run the kernel over the first n elements: TOTALS for n = SIZE."""
    kernel[(triton.cdiv(n, _BLOCK),)](x, y, total, n, BLOCK=_BLOCK)
