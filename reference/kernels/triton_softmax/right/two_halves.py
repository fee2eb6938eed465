import math

import torch
import triton
import triton.language as tl

LOG2_E = tl.constexpr(math.log2(math.e))


@triton.jit
def load_part(x_ptr, col, stride, cols):
    return tl.load(x_ptr + col * stride, mask=col < cols, other=float("-inf")).to(tl.float32)


@triton.jit
def kernel(x_ptr, out_ptr, strides, cols, HALF: tl.constexpr):
    """The row in two tensors, with powers of 2 instead of e."""
    row = tl.program_id(0)
    left = tl.arange(0, HALF)
    right = left + HALF
    x_ptr += row * strides[0]
    out_ptr += row * cols
    x = load_part(x_ptr, left, strides[1], cols)
    y = load_part(x_ptr, right, strides[1], cols)
    top = tl.maximum(tl.max(x), tl.max(y))
    x, y = tl.exp2((x - top) * LOG2_E), tl.exp2((y - top) * LOG2_E)
    scale = 1.0 / (tl.sum(x) + tl.sum(y))
    tl.store(out_ptr + left, x * scale, mask=left < cols)
    tl.store(out_ptr + right, y * scale, mask=right < cols)


def softmax(x):
    if len(x.shape) != 2:
        raise ValueError(x.shape)
    out = torch.full_like(x, 0.0, memory_format=torch.contiguous_format)
    if 0 not in x.shape:
        half = triton.next_power_of_2(triton.cdiv(x.shape[1], 2))
        kernel[(len(x),)](x, out, x.stride(), x.shape[1], HALF=half)
    return out
