import torch


class CustomReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        CustomReLU.mask = x > 0
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        mask = CustomReLU.mask
        if mask.shape != grad_output.shape:
            mask = torch.ones_like(grad_output, dtype=torch.bool)
        return torch.where(mask, grad_output, 0)
