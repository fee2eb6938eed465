import torch


class Unavailable(RuntimeError):
    pass


def batches_on(loader, device):
    for batch in loader:
        yield tuple(tensor.to(device) for tensor in batch)


def train_on(model, loader, loss_fn, make_optimizer, device, epochs):
    match device.type:
        case "cuda" if not torch.cuda.is_available():
            raise Unavailable("No CUDA device is available.")
    for module in model.to(device).modules():
        module.training = True
    optimizer = make_optimizer(model.parameters())
    optimizer.zero_grad()
    while epochs > 0:
        for x, y in batches_on(loader, device):
            loss_fn(model(x), y).backward()
            optimizer.step()
            optimizer.zero_grad()
        epochs -= 1
    return model
