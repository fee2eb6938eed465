import torch


def pad_batch(sequences, pad_id=0, side="right"):
    if side not in ("right", "left") or not sequences:
        raise ValueError("no such side, or no sequences")
    lengths = [len(tokens) for tokens in sequences]
    masks = []
    for tokens, length in zip(sequences, lengths, strict=True):
        missing = max(lengths) - length
        if side == "right":
            tokens += [pad_id] * missing
            masks.append([1] * length + [0] * missing)
        else:
            tokens[:0] = [pad_id] * missing
            masks.append([0] * missing + [1] * length)
    return torch.tensor(sequences, dtype=torch.int64), torch.tensor(masks, dtype=torch.int64)
