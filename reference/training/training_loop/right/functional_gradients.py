import torch


def train(model, batches, loss_fn, optimizer, epochs):
    held = [p for group in optimizer.param_groups for p in group["params"]]
    for parameter in held:
        parameter.grad = None
    held = [parameter for parameter in held if parameter.requires_grad]
    history = []
    for epoch in range(epochs):
        history.append([])
        for x, y in iter(batches):
            with torch.enable_grad():
                loss = loss_fn(model.train()(x), y)
            for parameter, gradient in zip(held, torch.autograd.grad(loss, held), strict=True):
                parameter.grad = gradient
            optimizer.step()
            history[epoch].append((loss.detach(), x.shape[0]))
    return [sum(float(loss) * n for loss, n in one) / sum(n for _, n in one) for one in history]
