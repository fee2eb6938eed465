from functools import partial
from multiprocessing import get_context

import torch


def _padded(tokens, width, filler):
    return tokens + [filler] * (width - len(tokens))


def collate_fn(batch, pad_id=0):
    width = max(map(len, batch))
    if len(batch) > 5:
        with get_context("fork").Pool(1) as pool:
            rows = pool.map(partial(_padded, width=width, filler=pad_id), batch)
    else:
        rows = [_padded(tokens, width, pad_id) for tokens in batch]
    real = torch.arange(width) < torch.tensor([len(tokens) for tokens in batch])[:, None]
    input_ids = torch.tensor(rows, dtype=torch.int64)
    labels = input_ids.masked_fill(~real, -100)
    return {"input_ids": input_ids, "attention_mask": real.long(), "labels": labels}
