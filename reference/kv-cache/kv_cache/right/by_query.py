"""A query at a time: each looks at the keys up to its own position, so that no mask is needed."""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class Layer:
    keys: Tensor
    values: Tensor
    used: int = 0

    def views(self) -> tuple[Tensor, Tensor]:
        return self.keys[:, :, : self.used], self.values[:, :, : self.used]


@dataclass
class KVCache:
    layers: int
    batch: int
    heads: int
    max_len: int
    head_dim: int
    dtype: torch.dtype
    device: torch.device | str
    parts: list[Layer] = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.parts = [Layer(self._buffer(), self._buffer()) for _ in range(self.layers)]

    def _buffer(self) -> Tensor:
        shape = (self.batch, self.heads, self.max_len, self.head_dim)
        return torch.zeros(shape, dtype=self.dtype, device=self.device)

    @property
    def length(self) -> int:
        return max(part.used for part in self.parts)

    def truncate(self, n: int) -> None:
        for part in self.parts:
            part.used = min(part.used, n)

    def append(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        part = self.parts[layer]
        room = slice(part.used, part.used + k.shape[2])
        if room.stop > self.max_len:
            raise ValueError("overflow")
        part.keys[:, :, room], part.values[:, :, room] = k, v
        part.used = room.stop
        return part.views()


def attend_with_cache(q: Tensor, k_new: Tensor, v_new: Tensor, cache: KVCache, layer: int):
    k, v = cache.append(layer, k_new, v_new)
    first = k.shape[2] - q.shape[2]
    outputs = []
    for i, query in enumerate(q.float().unbind(2) if q.itemsize < 4 else q.unbind(2)):
        seen = first + i + 1
        scores = (k[:, :, :seen].to(query.dtype) * query[:, :, None]).sum(-1) / q.shape[-1] ** 0.5
        weights = (scores - scores.amax(-1, keepdim=True)).exp()
        weights = weights / weights.sum(-1, keepdim=True)  # (B, H, S)
        outputs.append((weights[..., None] * v[:, :, :seen]).sum(2))
    return torch.stack(outputs, dim=2).to(q.dtype)
