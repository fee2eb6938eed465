import numpy as np
import torch


class Padder:
    def __init__(self, side):
        if side != "right" and side != "left":
            raise ValueError("side must be right or left")
        self.side = side

    def __call__(self, tokens, width, value):
        row = np.array(tokens, dtype=np.int64)
        missing = np.full(width - row.size, value, dtype=np.int64)
        return np.concatenate([row, missing] if self.side == "right" else [missing, row])


def pad_batch(sequences, pad_id=0, side="right"):
    padder = Padder(side)
    width = max(len(tokens) for tokens in sequences)  # max itself refuses an empty batch
    ids = [padder(tokens, width, pad_id) for tokens in sequences]
    mask = [padder(np.ones(len(tokens)), width, 0) for tokens in sequences]
    return torch.from_numpy(np.stack(ids)), torch.from_numpy(np.stack(mask))
