"""Dynamic padding: a DataLoader's batch becomes three rectangles of its own width."""

import torch
from torch import Tensor


def collate_fn(batch: list[list[int]], pad_id: int = 0) -> dict[str, Tensor]:
    """input_ids, attention_mask and labels, each (B, T) int64; labels are -100 on padding."""
    shape = len(batch), max(map(len, batch))  # T is this batch's own longest
    input_ids = torch.full(shape, pad_id, dtype=torch.int64)
    attention_mask = torch.zeros(shape, dtype=torch.int64)
    labels = torch.full(shape, -100, dtype=torch.int64)  # cross_entropy's ignore_index
    for row, tokens in enumerate(batch):
        length = len(tokens)
        input_ids[row, :length] = torch.tensor(tokens, dtype=torch.int64)
        attention_mask[row, :length] = 1
        labels[row, :length] = input_ids[row, :length]  # a copy; the model shifts them itself
    return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}
