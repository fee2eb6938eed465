import torch
from torch import Tensor


def pad_batch(sequences, pad_id=0, side="right") -> tuple[Tensor, Tensor]:
    match side:
        case "left" | "right":
            pass
        case _:
            raise ValueError(f"unknown side {side}")
    lengths = torch.tensor([len(tokens) for tokens in sequences], dtype=torch.long)
    if lengths.numel() == 0:
        raise ValueError("need at least one sequence")
    width = int(lengths.max())
    place = torch.arange(width)
    if side == "left":
        place = place.flip(0)
    real = place < lengths.unsqueeze(-1)
    flat = torch.tensor([token for tokens in sequences for token in tokens], dtype=torch.long)
    ids = real.new_full(real.shape, 0, dtype=torch.long).fill_(pad_id)
    ids[real] = flat
    return ids, real.to(torch.long)
