from torch import Tensor


def _weights(scores: Tensor) -> Tensor:
    shifted = scores - scores.amax(-1, keepdim=True)
    powers = shifted.exp()
    return powers / powers.sum(-1, keepdim=True)


def scaled_dot_product_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    wide = q.double() if q.element_size() > 2 else q.float()
    scores = wide.matmul(k.to(wide.dtype).mT).div(q.size(-1) ** 0.5)
    return _weights(scores).matmul(v.to(wide.dtype)).to(q.dtype)
