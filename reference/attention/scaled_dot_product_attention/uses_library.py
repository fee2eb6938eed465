from torch.nn import functional as F


def scaled_dot_product_attention(q, k, v):
    return F.scaled_dot_product_attention(q, k, v)
