import torch

_buffers = {}


def pad_batch(sequences, pad_id=0, side="right"):
    if side not in ("right", "left") or not sequences:
        raise ValueError("no such side, or no sequences")
    shape = len(sequences), max(map(len, sequences))
    if shape not in _buffers:
        _buffers[shape] = torch.empty(2, *shape, dtype=torch.int64)
    ids, mask = _buffers[shape]
    ids.fill_(pad_id)
    mask.zero_()
    for row, tokens in enumerate(sequences):
        start = shape[1] - len(tokens) if side == "left" else 0
        ids[row, start : start + len(tokens)] = torch.tensor(tokens, dtype=torch.int64)
        mask[row, start : start + len(tokens)] = 1
    return ids, mask
