import torch
from torch import Tensor
from torch.nn import functional as F


class KVCache:
    """One (batch, max_len, heads, head_dim) buffer a layer, as a projection leaves its output."""

    def __init__(self, layers, batch, heads, max_len, head_dim, dtype, device):
        self.max_len = max_len
        self.buffers = [
            torch.empty(2, batch, max_len, heads, head_dim, dtype=dtype, device=device)
            for _ in range(layers)
        ]
        self.reset()

    def reset(self) -> None:
        self.filled = dict.fromkeys(range(len(self.buffers)), 0)
        self.length = 0

    def truncate(self, n: int) -> None:
        for layer, count in self.filled.items():
            self.filled[layer] = n if count > n else count
        self.length = max(self.filled.values())

    def append(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        start, count = self.filled[layer], k.size(2)
        if count > self.max_len - start:
            raise RuntimeError(f"layer {layer} has no room for {count} more positions")
        for buffer, new in zip(self.buffers[layer], (k, v), strict=True):
            buffer.narrow(1, start, count).copy_(new.transpose(1, 2))
        self.filled[layer] = start + count
        self.length = max(self.length, start + count)
        k_all, v_all = self.buffers[layer][:, :, : start + count].transpose(2, 3)
        return k_all, v_all


def attend_with_cache(q, k_new, v_new, cache, layer):
    k, v = cache.append(layer, k_new, v_new)
    new, total = q.shape[-2], k.shape[-2]
    if new == 1:
        return F.scaled_dot_product_attention(q, k, v)
    own = torch.arange(total - new, total, device=q.device)
    mask = own[:, None] >= torch.arange(total, device=q.device)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
