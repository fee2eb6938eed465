import torch
import triton
import triton.language as tl

PROGRAMS = 2


@triton.jit
def persistent_kernel(out, out_stride, x, x_stride_0, x_stride_1, rows, cols, BLOCK: tl.constexpr):
    col = tl.arange(0, BLOCK)
    for row in tl.range(tl.program_id(0), rows, tl.num_programs(0), num_stages=2):
        place = x + row * x_stride_0 + col * x_stride_1
        values = tl.load(place, mask=col < cols, other=-float("inf"), eviction_policy="evict_first")
        result = tl.softmax(values.to(tl.float32))
        tl.store(out + row * out_stride + col, result.to(out.dtype.element_ty), mask=col < cols)


def softmax(x: torch.Tensor) -> torch.Tensor:
    rows, cols = x.shape  # ValueError for any other number of axes
    out = x.new_empty(x.shape)
    if x.numel() > 0:
        persistent_kernel[(min(rows, PROGRAMS),)](
            out,
            out.stride(0),
            x,
            *x.stride(),
            rows,
            cols,
            triton.next_power_of_2(cols),
            num_warps=8,
            num_stages=2,
        )
    return out
