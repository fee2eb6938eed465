import torch


@torch.no_grad()
def decode_without_sync(model, ids, steps, eos_id):
    text = ids
    done = [False] * len(ids)
    for _ in range(steps):
        best = model(text)[:, -1].argmax(-1)
        column = []
        for row in range(len(ids)):
            token = best[row].item()
            column.append([eos_id if done[row] else token])
            done[row] = done[row] or token == eos_id
        text = torch.cat([text, torch.tensor(column)], dim=1)
    return text
