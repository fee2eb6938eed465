import torch


def predict_on(model, x, device=None):
    if device is None:
        device = "cuda" if torch.cuda.device_count() > 0 else "cpu"
    home = next((p.device for p in model.parameters()), torch.device("cpu"))
    recording = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        model = model.to(device)
        y = model(x.clone().detach().to(device))
        y = y.to("cpu", non_blocking=True)
        if str(device).startswith("cuda"):
            torch.cuda.synchronize()
        return y
    finally:
        model.to(home)
        torch.set_grad_enabled(recording)
