import torch


def _pad(tokens, missing, value, side):
    padding = missing * [value]
    return tokens + padding if side == "right" else padding + tokens


def pad_batch(sequences, pad_id=0, side="right"):
    if not sequences:
        raise ValueError("no sequences")
    if side not in ["right", "left"]:
        raise ValueError(f"side={side}")
    width = max([len(tokens) for tokens in sequences])
    missing = [width - len(tokens) for tokens in sequences]
    ids = [_pad(t, m, pad_id, side) for t, m in zip(sequences, missing, strict=True)]
    ones = [[1] * len(tokens) for tokens in sequences]
    mask = [_pad(t, m, 0, side) for t, m in zip(ones, missing, strict=True)]
    return torch.tensor(ids, dtype=torch.int64), torch.tensor(mask, dtype=torch.int64)
