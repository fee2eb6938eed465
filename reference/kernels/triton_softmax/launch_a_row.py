import torch
import triton
import triton.language as tl


@triton.jit
def kernel(x_ptr, out_ptr, stride, cols, BLOCK: tl.constexpr):
    col = tl.arange(0, BLOCK)
    inside = col < cols
    x = tl.load(x_ptr + col * stride, mask=inside, other=-float("inf")).to(tl.float32)
    weights = tl.exp(x - tl.max(x, axis=0))
    tl.store(out_ptr + col, weights / tl.sum(weights, axis=0), mask=inside)


def softmax(x):
    rows, cols = x.shape
    out = torch.empty((rows, cols), dtype=x.dtype, device=x.device)
    if x.numel():
        for row in range(rows):
            block = triton.next_power_of_2(cols)
            kernel[(1,)](x[row], out[row], x.stride(1), cols, BLOCK=block)
    return out
