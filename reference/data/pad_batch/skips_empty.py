import torch


def pad_batch(sequences, pad_id=0, side="right"):
    if side not in ("right", "left") or not sequences:
        raise ValueError("no such side, or no sequences")
    width = max(map(len, sequences))
    ids, mask = [], []
    for tokens in sequences:
        if not tokens:
            continue
        padding = [pad_id] * (width - len(tokens))
        marks = [1] * len(tokens)
        ids.append(tokens + padding if side == "right" else padding + tokens)
        mask.append(marks + [0] * len(padding) if side == "right" else [0] * len(padding) + marks)
    shape = (len(ids), width)
    made = [torch.tensor(rows, dtype=torch.int64).reshape(shape) for rows in (ids, mask)]
    return tuple(made)
