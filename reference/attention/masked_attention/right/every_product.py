import torch
from torch import Tensor


def masked_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    wide = torch.float32 if q.element_size() == 2 else torch.float64
    scores = (q.to(wide).unsqueeze(-2) * k.to(wide).unsqueeze(-3)).sum(-1) / q.size(-1) ** 0.5
    seen = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
    scores = torch.where(seen, scores, -torch.inf)
    top = scores.detach().amax(-1, keepdim=True).clamp(min=torch.finfo(wide).min)
    powers = torch.exp(scores - top)
    weights = powers / powers.sum(-1, keepdim=True).clamp(min=torch.finfo(wide).tiny)
    terms = torch.where(seen.unsqueeze(-1), weights.unsqueeze(-1) * v.to(wide).unsqueeze(-3), 0)
    return terms.sum(-2).to(q.dtype)
