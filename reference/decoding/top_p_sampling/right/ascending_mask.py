import torch


def sample_top_p(logits, p, temperature=1.0, generator=None):
    if p <= 0 or p > 1:
        raise ValueError("p must lie in (0, 1]")
    if temperature < 0:
        raise ValueError("temperature must not be negative")
    if temperature == 0:
        return torch.argmax(logits, dim=-1)
    scaled = logits.to(torch.float64) / temperature
    values, order = torch.sort(scaled, dim=-1)  # the least likely first: drop a mass of 1 - p
    drop = torch.softmax(values, dim=-1).cumsum(dim=-1) <= 1 - p
    drop[..., -1] = False
    hidden = torch.zeros_like(drop).scatter(1, order, drop)
    kept = scaled.masked_fill(hidden, float("-inf"))
    return torch.multinomial(kept.softmax(dim=-1), 1, generator=generator)[:, 0]
