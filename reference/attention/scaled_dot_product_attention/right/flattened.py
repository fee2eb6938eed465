import torch
from torch.nn import functional as F


def scaled_dot_product_attention(q, k, v):
    *lead, t, d = q.shape
    s, e = v.shape[-2:]
    q, k, v = q.reshape(-1, t, d), k.reshape(-1, s, d), v.reshape(-1, s, e)
    scores = torch.bmm(q * (1.0 / d**0.5), k.transpose(1, 2))
    return torch.bmm(F.softmax(scores, dim=2), v).reshape(*lead, t, e)
