import torch
from torch import nn


class _Normalise(torch.autograd.Function):
    """Rows (n, C), with the gradient written out."""

    @staticmethod
    def forward(ctx, rows, weight, bias, mean, var, eps, train):
        rstd = (var + eps).rsqrt()
        normal = (rows - mean) * rstd
        ctx.save_for_backward(normal, rstd, weight)
        ctx.train = train
        return normal * weight + bias

    @staticmethod
    def backward(ctx, upstream):
        normal, rstd, weight = ctx.saved_tensors
        g = upstream * weight
        if ctx.train:
            g = g - g.mean(0) - normal * (g * normal).mean(0)
        d_weight, d_bias = (upstream * normal).sum(0), upstream.sum(0)
        return g * rstd, d_weight.to(weight), d_bias.to(weight), None, None, None, None


class BatchNorm1d(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.eps = eps
        self.momentum = momentum

    def forward(self, x):
        wide = torch.promote_types(x.dtype, torch.float32)
        rows = x.transpose(0, 1).reshape(x.shape[1], -1).T.to(wide)  # (n, C)
        mean, var = self.running_mean.to(wide), self.running_var.to(wide)
        if self.training:
            if rows.shape[0] < 2:
                raise ValueError("one value has no variance")
            unbiased, mean = torch.var_mean(rows.detach(), 0, correction=1)
            var = unbiased * (1 - 1 / rows.shape[0])
            keep = 1 - self.momentum
            self.running_mean.mul_(keep).add_(self.momentum * mean)
            self.running_var.mul_(keep).add_(self.momentum * unbiased)
        out = _Normalise.apply(rows, self.weight, self.bias, mean, var, self.eps, self.training)
        out = out.T.reshape(x.shape[1], x.shape[0], *x.shape[2:]).transpose(0, 1)
        return out.to(x.dtype)


class BatchNormMLP(nn.Module):
    def __init__(self, in_features, hidden, num_classes):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden)
        self.bn = BatchNorm1d(hidden)
        self.fc2 = nn.Linear(hidden, num_classes)

    def forward(self, x):
        return self.fc2(self.bn(self.fc1(x)).clamp(min=0))
