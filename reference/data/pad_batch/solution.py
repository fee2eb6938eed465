"""Padding: start from a full rectangle of pad_id, write each sequence at its place."""

import torch
from torch import Tensor


def pad_batch(
    sequences: list[list[int]], pad_id: int = 0, side: str = "right"
) -> tuple[Tensor, Tensor]:
    """ids (B, T) and mask (B, T), both int64; the mask is 1 at tokens and 0 at padding."""
    if side not in ("right", "left"):
        raise ValueError(f"side is 'right' or 'left', not {side!r}")
    if not sequences:
        raise ValueError("a batch without sequences has no width")
    width = max(map(len, sequences))
    ids = torch.full((len(sequences), width), pad_id, dtype=torch.int64)  # (B, T)
    mask = torch.zeros_like(ids)  # (B, T)
    for row, tokens in enumerate(sequences):
        # Not -len(tokens): -0 would name the whole row of an empty sequence.
        start = width - len(tokens) if side == "left" else 0
        end = start + len(tokens)
        ids[row, start:end] = torch.tensor(tokens, dtype=torch.int64)  # [] alone would be float32
        mask[row, start:end] = 1  # by position: ids != pad_id would lose tokens
    return ids, mask
