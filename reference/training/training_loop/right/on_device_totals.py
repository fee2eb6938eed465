import torch


def train(model, batches, loss_fn, optimizer, epochs):
    was_training = model.training
    model.train(True)
    optimizer.zero_grad()
    curve = torch.zeros(epochs, 2)  # float32: the sum of losses, the samples
    for place in range(epochs):
        source = iter(batches)
        while (batch := next(source, None)) is not None:
            x, y = batch
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            curve[place, 0] += loss.detach().float() * y.size(0)
            curve[place, 1] += y.size(0)
    model.train(was_training)
    return (curve[:, 0] / curve[:, 1]).tolist()
