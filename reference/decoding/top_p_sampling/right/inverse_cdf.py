import torch


class Nucleus:
    def __init__(self, logits, p):
        probs, self.order = torch.topk(torch.softmax(logits, -1), logits.shape[-1])
        self.total = torch.cumsum(probs, -1)
        below = (self.total < p).sum(-1, keepdim=True)  # (B, 1): the crossing token's place
        self.last = below.clamp(max=logits.shape[-1] - 1)
        self.mass = self.total.gather(-1, self.last)

    def draw(self, generator):
        uniform = torch.rand(len(self.mass), 1, generator=generator, dtype=self.mass.dtype)
        place = torch.searchsorted(self.total, uniform * self.mass, right=True)
        return self.order.gather(-1, torch.minimum(place, self.last)).flatten()


def sample_top_p(logits, p, temperature=1.0, generator=None):
    if temperature < 0 or p <= 0 or p > 1:
        raise ValueError("p lies in (0, 1], the temperature is at least 0")
    if temperature == 0:
        return logits.argmax(-1)
    return Nucleus(logits.double() / temperature, p).draw(generator)
