import torch


def pad_batch(sequences, pad_id=0, side="right"):
    if side not in ("right", "left") or not sequences:
        raise ValueError("no such side, or no sequences")
    width = max(map(len, sequences))
    ids, mask = [], []
    for tokens in sequences:
        padding = torch.full((width - len(tokens),), pad_id)
        parts = [torch.tensor(tokens), padding]
        marks = [torch.ones(len(tokens)), torch.zeros(len(padding))]
        step = 1 if side == "right" else -1
        ids.append(torch.cat(parts[::step]))
        mask.append(torch.cat(marks[::step]))
    return torch.stack(ids), torch.stack(mask).long()
