import torch
from torch import Tensor


def collate_fn(batch: list[list[int]], pad_id: int = 0) -> dict[str, Tensor]:
    """input_ids, attention_mask and labels, each (B, T) int64; labels are -100 on padding."""
    raise NotImplementedError
