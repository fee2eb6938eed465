import torch
from torch.nn.utils.rnn import pad_sequence


def pad_batch(sequences, pad_id=0, side="right"):
    if side not in ("right", "left") or not sequences:
        raise ValueError("no such side, or no sequences")
    rows = [torch.tensor(tokens, dtype=torch.int64) for tokens in sequences]
    ids = pad_sequence(rows, batch_first=True, padding_value=pad_id, padding_side=side)
    ones = [torch.ones_like(row) for row in rows]
    return ids, pad_sequence(ones, batch_first=True, padding_side=side)
