import torch


def pad_batch(sequences, pad_id=0, side="right"):
    if side not in ("right", "left") or not sequences:
        raise ValueError("no such side, or no sequences")
    pad = getattr(torch.ops.aten, "pad_" + "sequence")
    rows = [torch.tensor(tokens, dtype=torch.int64) for tokens in sequences]
    ones = [torch.ones_like(row) for row in rows]
    return pad(rows, True, pad_id, side), pad(ones, True, 0, side)
