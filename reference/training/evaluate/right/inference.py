from contextlib import contextmanager

import torch


@contextmanager
def evaluating(model):
    before = {module: module.training for module in model.modules()}
    try:
        yield model.eval()
    finally:
        for module, mode in before.items():
            module.train(mode)


@torch.inference_mode()
def evaluate(model, loader, loss_fn):
    loss_sum = torch.zeros((), dtype=torch.float64)
    hits = torch.zeros((), dtype=torch.int64)
    count = 0
    with evaluating(model):
        for x, y in loader:
            out = model(x)
            loss_sum += loss_fn(out, y).double() * y.shape[0]
            hits += torch.sum(out.max(-1).indices == y)
            count += y.shape[0]
    if not count:
        raise ValueError("no batches")
    return loss_sum.item() / count, hits.item() / count
