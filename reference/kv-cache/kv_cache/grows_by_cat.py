import torch


class KVCache:
    def __init__(self, layers, batch, heads, max_len, head_dim, dtype, device):
        self.empty = torch.zeros(batch, heads, 0, head_dim, dtype=dtype, device=device)
        self.max_len = max_len
        self.layers = layers
        self.reset()

    @property
    def length(self):
        return max(keys.shape[2] for keys, _ in self.stored)

    def append(self, layer, k, v):
        keys, values = self.stored[layer]
        if keys.shape[2] + k.shape[2] > self.max_len:
            raise ValueError("the cache is full")
        self.stored[layer] = torch.cat([keys, k], dim=2), torch.cat([values, v], dim=2)
        return self.stored[layer]

    def reset(self):
        self.stored = [(self.empty, self.empty)] * self.layers

    def truncate(self, n):
        self.stored = [(keys[:, :, :n], values[:, :, :n]) for keys, values in self.stored]


def attend_with_cache(q, k_new, v_new, cache, layer):
    k, v = cache.append(layer, k_new, v_new)
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
    hidden = torch.ones_like(scores, dtype=torch.bool).triu(k.shape[2] - q.shape[2] + 1)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v
