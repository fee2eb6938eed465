"""Rolling mean over overlapping windows that are a view of the signal, not copies of it.

Tensor.unfold (https://docs.pytorch.org/docs/stable/generated/torch.Tensor.unfold.html) takes no
memory; every mean is summed on its own, so nothing cancels. It reads T * window numbers. For long
windows the differences of a float64 cumsum take O(T).
"""

from torch import Tensor


def rolling_mean(x: Tensor, window: int) -> Tensor:
    """The mean of every full window: (..., T) -> (..., T - window + 1)."""
    length = x.shape[-1]
    if not 1 <= window <= length:
        raise ValueError(f"the window {window} is not within 1..{length}")
    windows = x.unfold(-1, window, 1)  # (..., T - window + 1, window), a view
    return windows.mean(dim=-1)
