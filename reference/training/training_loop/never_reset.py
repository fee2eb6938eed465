def train(model, batches, loss_fn, optimizer, epochs):
    model.train()
    means = []
    total, samples = 0.0, 0
    for _ in range(epochs):
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
            samples += len(x)
        means.append(total / samples)
    return means
