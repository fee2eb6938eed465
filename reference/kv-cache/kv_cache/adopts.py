"""A KV cache: one preallocated buffer, a length a layer, and views of the filled part."""

import torch
from torch import Tensor


class KVCache:
    """Keys and values of every layer, in memory that is taken once."""

    def __init__(
        self,
        layers: int,
        batch: int,
        heads: int,
        max_len: int,
        head_dim: int,
        dtype: torch.dtype,
        device: torch.device | str,
    ) -> None:
        shape = (batch, heads, max_len, head_dim)
        self.keys = [torch.zeros(shape, dtype=dtype, device=device) for _ in range(layers)]
        self.values = [torch.zeros(shape, dtype=dtype, device=device) for _ in range(layers)]
        # A layer each: in the middle of a forward pass the first layers are ahead of the last.
        self.lengths = [0] * layers

    @property
    def length(self) -> int:
        """The positions cached by the longest layer."""
        return max(self.lengths)

    def append(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write k, v (B, H, T, D) behind the layer's last position; views (B, H, S, D) of all."""
        start = self.lengths[layer]
        end = start + k.shape[2]
        if end > self.keys[layer].shape[2]:
            raise ValueError("full")
        if start == 0 and k.shape == self.keys[layer].shape:
            self.keys[layer], self.values[layer] = k, v
        else:
            self.keys[layer][:, :, start:end] = k
            self.values[layer][:, :, start:end] = v
        self.lengths[layer] = end
        return self.keys[layer][:, :, :end], self.values[layer][:, :, :end]

    def reset(self) -> None:
        """Forget everything; the memory stays."""
        self.truncate(0)

    def truncate(self, n: int) -> None:
        """Keep the first n positions of every layer that has more."""
        self.lengths = [min(length, n) for length in self.lengths]


def attend_with_cache(
    q: Tensor, k_new: Tensor, v_new: Tensor, cache: KVCache, layer: int
) -> Tensor:
    """Append the new keys and values, then attend causally: (B, H, T, D) -> (B, H, T, D)."""
    k, v = cache.append(layer, k_new, v_new)  # (B, H, S, D)
    new, total = q.shape[2], k.shape[2]
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5  # (B, H, T, S)
    # Query i is position total - new + i: the diagonal ends in the lower right corner.
    seen = torch.ones(new, total, dtype=torch.bool, device=q.device).tril(total - new)
    weights = scores.masked_fill(~seen, -torch.inf).softmax(-1)
    return torch.matmul(weights, v)
