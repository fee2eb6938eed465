def train(model, batches, loss_fn, optimizer, epochs):
    model.train()
    means = []
    for _ in range(epochs):
        total, samples = 0.0, 0
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    parameter.data.sub_(group["lr"] * parameter.grad)
            total += loss.item() * len(x)
            samples += len(x)
        means.append(total / samples)
    return means
