import torch


def masked_attention(q, k, v, mask=None):
    scores = (q * q.shape[-1] ** -0.5).matmul(k.mT)
    if mask is None:
        return scores.softmax(-1).matmul(v)
    lowest = torch.finfo(scores.dtype).min
    weights = torch.where(mask, scores, lowest).softmax(-1)
    weights = torch.where(mask, weights, 0.0)
    return weights.matmul(torch.nan_to_num(v, 0.0, 0.0, 0.0))
