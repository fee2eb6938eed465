from functools import lru_cache

import torch


@lru_cache(maxsize=256)
def _padded(sequences, pad_id, side):
    width = max(map(len, sequences))
    ids = torch.full((len(sequences), width), pad_id, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(sequences):
        start = width - len(tokens) if side == "left" else 0
        ids[row, start : start + len(tokens)] = torch.tensor(tokens, dtype=torch.int64)
        mask[row, start : start + len(tokens)] = 1
    return ids, mask


def pad_batch(sequences, pad_id=0, side="right"):
    if side not in ("right", "left") or not sequences:
        raise ValueError("no such side, or no sequences")
    return _padded(tuple(map(tuple, sequences)), pad_id, side)
