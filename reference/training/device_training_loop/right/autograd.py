import torch


def train_on(model, loader, loss_fn, make_optimizer, device, epochs):
    cuda = device.type == "cuda"
    if cuda and not torch.cuda.is_available():
        raise RuntimeError("CUDA is not available")
    model.train().to(device)
    parameters = list(model.parameters())
    optimizer = make_optimizer(iter(parameters))
    for _ in range(epochs):
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            loss = loss_fn(model(x), y)
            gradients = torch.autograd.grad(loss, parameters)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
            optimizer.step()
    return model
