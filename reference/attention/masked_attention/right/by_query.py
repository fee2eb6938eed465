import torch


def masked_attention(q, k, v, mask=None):
    t, s = q.shape[-2], k.shape[-2]
    lead = q.shape[:-2]
    if mask is None:
        mask = torch.ones(s, dtype=torch.bool)
    mask = mask.expand(*lead, t, s).reshape(-1, t, s)
    flat = (x.reshape(-1, *x.shape[-2:]) for x in (q, k, v))
    heads = [_one_head(*head) for head in zip(*flat, mask, strict=True)]
    return torch.stack(heads).reshape(*lead, t, v.shape[-1])


def _one_head(q, k, v, mask):
    """Each query sees the keys that are left to it, and nothing else."""
    rows = []
    for query, visible in zip(q, mask, strict=True):
        scores = k[visible] @ query / len(query) ** 0.5
        rows.append(scores.softmax(0) @ v[visible])  # without any key: an empty sum
    return torch.stack(rows)
