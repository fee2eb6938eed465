import torch


def collate_fn(batch, pad_id=0):
    lengths = [len(tokens) for tokens in batch]
    for tokens in batch:
        tokens += [pad_id] * (max(lengths) - len(tokens))
    input_ids = torch.tensor(batch, dtype=torch.int64)
    real = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    labels = input_ids.masked_fill(~real, -100)
    return {"input_ids": input_ids, "attention_mask": real.long(), "labels": labels}
