import torch


class KVCache:
    def __init__(self, layers, batch, heads, max_len, head_dim, dtype, device):
        # The newest position stands at the right end of the buffer.
        self.data = torch.zeros(
            2, layers, batch, heads, max_len, head_dim, dtype=dtype, device=device
        )
        self.lengths = [0] * layers

    @property
    def length(self):
        return max(self.lengths)

    def append(self, layer, k, v):
        new, max_len = k.shape[2], self.data.shape[4]
        if self.lengths[layer] + new > max_len:
            raise ValueError("the cache is full")
        for buffer, chunk in ((self.data[0, layer], k), (self.data[1, layer], v)):
            self._shift(buffer, new)
            buffer[:, :, max_len - new :] = chunk
        self.lengths[layer] += new
        start = max_len - self.lengths[layer]
        return self.data[0, layer, :, :, start:], self.data[1, layer, :, :, start:]

    def _shift(self, buffer, count):
        buffer.copy_(buffer.roll(-count, dims=2))

    def reset(self):
        self.lengths = [0] * len(self.lengths)

    def truncate(self, n):
        for layer, length in enumerate(self.lengths):
            if length > n:
                for buffer in self.data[:, layer]:
                    self._shift(buffer, n - length)
                self.lengths[layer] = n


def attend_with_cache(q, k_new, v_new, cache, layer):
    k, v = cache.append(layer, k_new, v_new)
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
    hidden = torch.ones_like(scores, dtype=torch.bool).triu(k.shape[2] - q.shape[2] + 1)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v
