import torch
from torch import nn


class _Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gamma, beta, eps):
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        centred = wide - wide.sum(-1, keepdim=True) / wide.shape[-1]
        rstd = (centred.pow(2).sum(-1, keepdim=True) / wide.shape[-1] + eps) ** -0.5
        normal = centred * rstd
        ctx.save_for_backward(normal, rstd, gamma)
        return (normal * gamma + beta).to(x.dtype)

    @staticmethod
    def backward(ctx, upstream):
        normal, rstd, gamma = ctx.saved_tensors
        rows = tuple(range(upstream.dim() - 1))
        g = upstream * gamma
        along = (g * normal).mean(-1, keepdim=True)
        dx = rstd * (g - g.mean(-1, keepdim=True) - normal * along)
        d_gamma, d_beta = upstream * normal, upstream
        return (
            dx,
            d_gamma.sum(rows) if rows else d_gamma,
            d_beta.sum(rows) if rows else d_beta,
            None,
        )


class LayerNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        return _Normalise.apply(x, self.gamma, self.beta, self.eps)
