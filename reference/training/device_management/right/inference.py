import torch


@torch.inference_mode()
def predict_on(model, x, device=None):
    target = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    here = x.detach().to(target)
    return model.to(target)(here).to("cpu")
