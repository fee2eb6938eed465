"""Softmax of each row in one kernel: the row is loaded once, kept on the chip, and stored once."""

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def softmax_kernel(
    x_ptr,
    out_ptr,
    x_row_stride,
    x_col_stride,
    cols,
    BLOCK: tl.constexpr,  # the whole row: a power of two >= cols
):
    # Offsets in 64 bits: a large matrix has more elements than 32 bits can count.
    row = tl.program_id(0).to(tl.int64)
    col = tl.arange(0, BLOCK).to(tl.int64)  # (BLOCK,)
    inside = col < cols

    # Lanes past the row read -inf: they neither raise the maximum nor add to the sum.
    x_ptrs = x_ptr + row * x_row_stride + col * x_col_stride
    x = tl.load(x_ptrs, mask=inside, other=-float("inf")).to(tl.float32)  # (BLOCK,)

    # softmax(x) = exp(x - max x) / sum exp(x - max x): no exponent is above 0
    weights = tl.exp(x - tl.max(x, axis=0))
    result = weights / tl.sum(weights, axis=0)

    # tl.store converts to the dtype of the output.
    tl.store(out_ptr + row * cols + col, result, mask=inside)


def softmax(x: Tensor) -> Tensor:
    """The softmax of each row: (rows, cols) -> (rows, cols), in the dtype of x."""
    if x.ndim != 2:
        raise ValueError(f"x must be (rows, cols), not {tuple(x.shape)}")
    rows, cols = x.shape
    out = torch.empty((rows, cols), dtype=x.dtype, device=x.device)  # contiguous, whatever x is
    if out.numel() == 0:
        return out
    block = triton.next_power_of_2(cols)
    warps = min(max(block // 256, 1), 16)
    softmax_kernel[(rows,)](  # one program a row
        x, out, x.stride(0), x.stride(1), cols, BLOCK=block, num_warps=warps
    )
    return out
