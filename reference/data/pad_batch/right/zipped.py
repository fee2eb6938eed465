from itertools import zip_longest

import torch


def pad_batch(sequences, pad_id=0, side="right"):
    if side not in {"left", "right"}:
        raise ValueError(side)
    if len(sequences) == 0:
        raise ValueError("empty")
    step = 1 if side == "right" else -1
    hole = object()
    columns = list(zip_longest(*[tokens[::step] for tokens in sequences], fillvalue=hole))[::step]
    ids = [[pad_id if item is hole else item for item in column] for column in columns]
    mask = [[int(item is not hole) for item in column] for column in columns]
    shape = (len(columns), len(sequences))
    made = (torch.tensor(each, dtype=torch.long).view(shape).t() for each in (ids, mask))
    return tuple(each.contiguous() for each in made)
