import torch
from torch.nn.utils.rnn import pad_sequence


def collate_fn(batch, pad_id=0):
    rows = [torch.tensor(tokens) for tokens in batch]
    ones = [torch.ones_like(row) for row in rows]
    mask = pad_sequence(ones, batch_first=True)
    ids = pad_sequence(rows, batch_first=True).masked_fill(mask == 0, pad_id)
    labels = ids.clone()
    labels[mask == 0] = -100
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}
