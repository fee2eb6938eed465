def train(model, batches, loss_fn, optimizer, epochs):
    model.train()
    means = []
    for _ in range(epochs):
        total, samples = 0.0, 0
        optimizer.zero_grad()
        for x, y in batches:
            loss = loss_fn(model(x), y)
            loss.backward()
            total += loss.item() * len(x)
            samples += len(x)
        optimizer.step()
        means.append(total / samples)
    return means
