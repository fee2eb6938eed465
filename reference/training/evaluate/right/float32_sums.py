import torch


def evaluate(model, loader, loss_fn):
    batches = iter(loader)
    batch = next(batches, None)
    if batch is None:
        raise ValueError("empty loader")
    was = [m.training for m in model.modules()]
    recording = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    model.train(False)
    rows = []
    try:
        while batch is not None:
            x, y = batch
            scores = model(x)
            right = scores.topk(1, dim=1).indices.squeeze(1).eq(y)
            rows.append((loss_fn(scores, y).float() * x.size(0), right.float().sum(), x.size(0)))
            batch = next(batches, None)
    finally:
        torch.set_grad_enabled(recording)
        for m, flag in zip(model.modules(), was, strict=True):
            m.training = flag
    losses, hits, sizes = zip(*rows, strict=True)
    n = float(sum(sizes))
    return float(torch.stack(losses).sum()) / n, float(torch.stack(hits).sum()) / n
