import torch
import torch.nn.functional as F
from torch import Tensor


def collate_fn(batch: list[list[int]], pad_id: int = 0) -> dict[str, Tensor]:
    width = max(len(tokens) for tokens in batch)
    rows = torch.stack([F.pad(torch.tensor(t), (0, width - len(t))) for t in batch])
    counts = torch.tensor([len(tokens) for tokens in batch]).unsqueeze(1)
    real = torch.arange(width).unsqueeze(0) < counts
    input_ids = torch.where(real, rows, torch.tensor(pad_id))
    labels = torch.where(real, rows, torch.tensor(-100))
    return {"input_ids": input_ids, "attention_mask": real.long(), "labels": labels}
