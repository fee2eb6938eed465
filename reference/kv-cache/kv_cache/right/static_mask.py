"""Always attends over the whole buffer and masks what is not there, as a compiled graph would."""

import math

import torch


class KVCache:
    def __init__(self, layers, batch, heads, max_len, head_dim, dtype, device):
        # Zeros and not empty memory: a NaN times the weight 0 is NaN.
        shape = (layers, 2, batch, heads, max_len, head_dim)
        self.store = torch.zeros(shape, dtype=dtype, device=device)
        self.places = torch.arange(max_len, device=device)
        self.used = torch.zeros(layers, dtype=torch.long)

    @property
    def length(self):
        return int(self.used.max())

    def append(self, layer, k, v):
        start, new = int(self.used[layer]), k.shape[2]
        if start + new > len(self.places):
            raise ValueError(f"{start} + {new} > {len(self.places)}")
        target = self.places[start : start + new]
        self.store[layer, 0].index_copy_(2, target, k)
        self.store[layer, 1].index_copy_(2, target, v)
        self.used[layer] += new
        return tuple(self.store[layer, :, :, :, : start + new])

    def reset(self):
        self.store.zero_()
        self.used.zero_()

    def truncate(self, n):
        self.store[..., n:, :] = 0
        self.used.clamp_(max=n)


def attend_with_cache(q, k_new, v_new, cache, layer):
    start = int(cache.used[layer])
    cache.append(layer, k_new, v_new)
    k, v = cache.store[layer]
    last = start + torch.arange(q.shape[2], device=q.device)
    hidden = cache.places > last[:, None]
    scores = torch.einsum("bhtd,bhsd->bhts", q / math.sqrt(q.shape[3]), k)
    weights = torch.softmax(scores.masked_fill(hidden, float("-inf")), dim=-1)
    return torch.einsum("bhts,bhsd->bhtd", weights, v)
