import torch
import torch.nn.functional as F
from torch import nn


class LinearRegression(nn.Module):
    def __init__(self, in_features):
        super().__init__()
        self.linear = nn.Linear(in_features, out_features=1, bias=True)

    def forward(self, x):
        return torch.einsum("ni,oi->no", x, self.linear.weight) + self.linear.bias


def fit(model, x, y, lr, steps):
    """Gradients by autograd.grad; .grad is never touched."""
    model.train()
    history = []
    for _ in range(steps):
        loss = F.mse_loss(model(x).squeeze(1), y.reshape(len(x)))
        parameters = list(model.parameters())
        slopes = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, slope in zip(parameters, slopes, strict=True):
                parameter.sub_(slope, alpha=lr)
        history.append(loss.detach().tolist())
    return history
