import torch
from torch import Tensor


def nucleus(probs: Tensor, p: float) -> Tensor:
    ranked, order = probs.sort(-1, descending=True)
    crossed = ranked.cumsum(-1) >= p
    removed = torch.cat([torch.zeros_like(crossed[:, :1]), crossed[:, :-1]], dim=-1)
    return torch.empty_like(removed).scatter_(-1, order, ~removed)


def sample_top_p(logits: Tensor, p: float, temperature: float = 1.0, generator=None) -> Tensor:
    if not (p > 0 and p <= 1) or temperature < 0:
        raise ValueError(f"p={p}, temperature={temperature}")
    if not temperature:
        return logits.max(dim=-1).indices
    logits = logits.to(torch.float32).div(temperature)
    kept = nucleus(logits.softmax(-1), p)
    noise = torch.empty_like(logits).exponential_(generator=generator)
    return torch.where(kept, logits.log_softmax(-1) - noise.log(), -torch.inf).argmax(-1)
