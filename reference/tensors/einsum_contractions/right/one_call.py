from torch import Tensor, einsum


def attention_scores(q: Tensor, k: Tensor) -> Tensor:
    return einsum("...td,...sd->...ts", q, k)


def bilinear(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    return einsum("bi,oij,bj->bo", x, w, y)


def batch_trace(x: Tensor) -> Tensor:
    *lead, n, _ = x.shape
    return einsum("bii->b", x.reshape(-1, n, n)).reshape(lead)
