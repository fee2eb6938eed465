import torch


def train_on(model, loader, loss_fn, make_optimizer, device, epochs):
    if torch.device(device).type == "cuda":
        if not torch.cuda.is_available():
            raise RuntimeError(f"{device} requested but torch.cuda.is_available() is False")
    model = model.to(device=device)
    optimizer = make_optimizer(list(model.parameters()))

    def step(x, y):
        def closure():
            optimizer.zero_grad(set_to_none=False)
            loss = loss_fn(model(x), y)
            loss.backward()
            return loss

        optimizer.step(closure)

    for _ in range(epochs):
        model.train()
        for x, y in loader:
            step(x.to(device, non_blocking=True), y.to(device, non_blocking=True))
    return model
