import torch


def run_inference(model, x):
    training = {name for name, module in model.named_modules() if module.training}
    before = torch.is_grad_enabled()
    try:
        torch.set_grad_enabled(False)
        model.eval()
        out = model(x)
    except BaseException:
        _restore(model, training)
        torch.set_grad_enabled(before)
        raise
    _restore(model, training)
    torch.set_grad_enabled(before)
    return out


def _restore(model, training):
    for name, module in model.named_modules():  # each once, by its first name
        module.training = name in training
