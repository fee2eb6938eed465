import torch


def predict_on(model, x, device=None):
    if device is None and torch.cuda.is_available():
        device = "cuda"
    with torch.no_grad():
        if device in (None, "cpu"):
            out = model.cpu()(x.cpu())
        else:
            out = model.cuda(device)(x.cuda(device))
    return out.cpu().detach()
