import torch
from torch.nn.utils import rnn


def pad_batch(sequences, pad_id=0, side="right"):
    if side not in ("right", "left") or not sequences:
        raise ValueError("no such side, or no sequences")
    rows = [torch.tensor(tokens, dtype=torch.int64) for tokens in sequences]
    packed = rnn.pack_sequence(rows, enforce_sorted=False)
    ids, lengths = rnn.pad_packed_sequence(packed, batch_first=True, padding_value=pad_id)
    mask = (torch.arange(ids.shape[1]) < lengths.unsqueeze(1)).long()
    return ids, mask
