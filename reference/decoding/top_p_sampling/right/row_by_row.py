import torch


def _one(row, p, generator):
    order = row.argsort(descending=True)
    total, size = 0.0, 0
    for probability in row[order].tolist():
        total += probability
        size += 1
        if total >= p:
            break
    weights = row[order[:size]]
    return int(order[torch.multinomial(weights, 1, generator=generator)])


def sample_top_p(logits, p, temperature=1.0, generator=None):
    if not 0 < p <= 1:
        raise ValueError("p")
    if temperature < 0:
        raise ValueError("temperature")
    if temperature == 0:
        return logits.argmax(dim=1)
    probs = torch.softmax(logits.double() / temperature, dim=-1)
    return torch.tensor([_one(row, p, generator) for row in probs])
