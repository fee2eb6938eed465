import torch


def run_inference(model, x):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    before = torch.is_grad_enabled()
    try:
        torch.set_grad_enabled(False)
        out = model(x)
        torch.set_grad_enabled(before)
        return out
    finally:
        for module, mode in modes:
            module.training = mode
