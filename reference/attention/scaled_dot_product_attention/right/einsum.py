import torch


def scaled_dot_product_attention(q, k, v):
    q = q * q.shape[-1] ** -0.5
    scores = torch.einsum("...td,...sd->...ts", q, k)
    return torch.einsum("...ts,...se->...te", scores.softmax(-1), v)
