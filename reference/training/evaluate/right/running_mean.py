import torch


class Mean:
    def __init__(self):
        self.value, self.weight = 0.0, 0

    def update(self, value, weight):
        self.weight += weight
        self.value += (float(value) - self.value) * weight / self.weight


@torch.no_grad()
def evaluate(model, loader, loss_fn):
    training = {name: module.training for name, module in model.named_modules()}
    model.eval()
    loss, accuracy = Mean(), Mean()
    try:
        for inputs, labels in loader:
            logits = model(inputs)
            n = len(labels)
            loss.update(loss_fn(logits, labels), n)
            pairs = zip(logits.argmax(-1).tolist(), labels.tolist(), strict=True)
            hits = sum(p == t for p, t in pairs)
            accuracy.update(hits / n, n)
    finally:
        for name, module in model.named_modules():
            module.training = training[name]
    if loss.weight == 0:
        raise ValueError("evaluate() got no batch")
    return loss.value, accuracy.value
