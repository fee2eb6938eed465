import torch


@torch.no_grad()
def decode_without_sync(model, ids, steps, eos_id):
    rows = ids.tolist()
    start = len(rows[0])
    for _ in range(steps):
        best = model(torch.tensor(rows))[:, -1].argmax(-1)
        for row, token in zip(rows, best.tolist(), strict=True):
            row.append(eos_id if eos_id in row[start:] else token)
    return torch.tensor(rows)
