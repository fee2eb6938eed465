def train(model, batches, loss_fn, optimizer, epochs):
    model.train()
    means = []
    for _ in range(epochs):
        total, samples = 0.0, 0
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            total = total + loss.detach() * len(x)
            samples += len(x)
        means.append(float(total / samples))
    return means
