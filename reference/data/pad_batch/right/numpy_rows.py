import numpy as np
import torch
from torch.nn.functional import pad


class Padder:
    def __init__(self, side):
        if side != "right" and side != "left":
            raise ValueError("side must be right or left")
        self.side = side

    def __call__(self, tokens, width, value):
        row = torch.from_numpy(np.array(tokens, dtype=np.int64))
        missing = width - row.numel()
        return pad(row, (0, missing) if self.side == "right" else (missing, 0), value=value)


def pad_batch(sequences, pad_id=0, side="right"):
    padder = Padder(side)
    width = max(len(tokens) for tokens in sequences)  # max itself refuses an empty batch
    ids = [padder(tokens, width, pad_id) for tokens in sequences]
    mask = [padder(np.ones(len(tokens)), width, 0) for tokens in sequences]
    return torch.stack(ids), torch.stack(mask)
