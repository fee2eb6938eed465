import math


def train(model, batches, loss_fn, optimizer, epochs):
    def one_step(x, y):
        def closure():
            optimizer.zero_grad(set_to_none=True)
            loss = loss_fn(model(x), y)
            loss.backward()
            return loss

        return len(y), float(optimizer.step(closure))

    def one_epoch():
        model.train()
        counts, losses = zip(*(one_step(x, y) for x, y in batches), strict=True)
        return (
            math.sumprod(counts, losses) / sum(counts)
            if hasattr(math, "sumprod")
            else (math.fsum(n * loss for n, loss in zip(counts, losses, strict=True)) / sum(counts))
        )

    return [one_epoch() for _ in range(epochs)]
