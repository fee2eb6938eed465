"""FLOPs of the operators that have any to speak of: products, convolutions, attention.

The numbers are those of torch.utils.flop_counter, which imports Triton, lacks the CPU's attention
and products with a vector, and takes too much for the backward of grouped convolutions. A
multiplication and its addition are two. Masked positions count: a kernel need not skip them.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor


def _product(left: Tensor, right: Tensor, *_: Any, **__: Any) -> int:
    """(..., m, k) by (..., k, n), matrix by vector, or vector by vector."""
    return 2 * left.numel() * (right.shape[-1] if right.dim() > 1 else 1)


def _added_product(_: Tensor, left: Tensor, right: Tensor, *__: Any, **___: Any) -> int:
    return _product(left, right)


def _attention(query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> int:
    """Scores, and the weighted sum of values."""
    pairs = query.shape[:-1].numel() * key.shape[-2]
    return 2 * pairs * (query.shape[-1] + value.shape[-1])


def _attention_backward(
    _: Tensor, query: Tensor, key: Tensor, value: Tensor, *__: Any, **___: Any
) -> int:
    """Scores again, their gradient, and the gradients of value, query and key."""
    pairs = query.shape[:-1].numel() * key.shape[-2]
    return 2 * pairs * (3 * query.shape[-1] + 2 * value.shape[-1])


def _convolution(images: Tensor, weight: Tensor, *rest: Any, out: Tensor, **_: Any) -> int:
    """The weight meets each place of the output, or of the input if it is transposed."""
    transposed = rest[4]
    places = images if transposed else out
    return 2 * weight.numel() * images.shape[0] * places.shape[2:].numel()


def _convolution_backward(
    gradient: Tensor, images: Tensor, weight: Tensor, *rest: Any, **_: Any
) -> int:
    """As much as forward for each of the gradients of images and weight that is asked for."""
    transposed, wanted = rest[4], rest[7]
    forward = _convolution(images, weight, *(None,) * 4, transposed, out=gradient)
    return forward * int(sum(wanted[:2]))


_SDPA = "aten::_scaled_dot_product_"
_KERNELS = (
    "flash_attention",
    "flash_attention_for_cpu",
    "efficient_attention",
    "cudnn_attention",
    "fused_attention_overrideable",
)

# Called with the operator's arguments and `out`, what it returned.
FLOPS: dict[str, Callable[..., int]] = {
    **{f"aten::{name}": _product for name in ("mm", "bmm", "mv", "dot", "vdot")},
    **{f"aten::{name}": _product for name in ("_int_mm", "_scaled_mm")},
    **{
        f"aten::{name}": _added_product
        for base in ("addmm", "baddbmm", "addmv", "addbmm")
        for name in (base, f"{base}_")
    },
    "aten::_addmm_activation": _added_product,
    "aten::convolution": _convolution,
    "aten::convolution_backward": _convolution_backward,
    **{f"{_SDPA}{kernel}": _attention for kernel in _KERNELS},
    **{f"{_SDPA}{kernel}_backward": _attention_backward for kernel in _KERNELS},
    "flex_attention": _attention,
}
