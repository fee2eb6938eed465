def train(model, batches, loss_fn, optimizer, epochs):
    model.train()
    means = []
    for _ in range(epochs):
        total, samples = 0.0, 0
        for x, y in batches:
            loss = loss_fn(model(x), y)
            optimizer.step()
            optimizer.zero_grad()
            loss.backward()
            total += loss.item() * len(x)
            samples += len(x)
        means.append(total / samples)
    return means
