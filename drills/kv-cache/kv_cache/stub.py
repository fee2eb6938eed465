import torch
from torch import Tensor


class KVCache:
    """Keys and values of every layer, for up to `max_len` positions."""

    length: int  # the positions cached by the longest layer; an attribute or a property

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
        raise NotImplementedError

    def append(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Add k, v (batch, heads, T, head_dim) to `layer`; everything it holds now, as views."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget everything."""
        raise NotImplementedError

    def truncate(self, n: int) -> None:
        """Keep the first n positions of every layer."""
        raise NotImplementedError


def attend_with_cache(
    q: Tensor, k_new: Tensor, v_new: Tensor, cache: KVCache, layer: int
) -> Tensor:
    """Append k_new and v_new to `layer`, then attend causally over all that it holds."""
    raise NotImplementedError
