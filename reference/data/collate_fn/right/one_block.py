import numpy as np
import torch


def collate_fn(batch, pad_id=0):
    lengths = np.array([len(tokens) for tokens in batch])
    real = np.arange(lengths.max()) < lengths[:, None]
    flat = np.concatenate([np.array(tokens, dtype=np.int64) for tokens in batch])
    block = np.empty((3, *real.shape), dtype=np.int64)
    block[0], block[1], block[2] = pad_id, real, -100
    block[0][real] = flat
    block[2][real] = flat
    ids, mask, labels = torch.from_numpy(block)
    return dict(input_ids=ids, attention_mask=mask, labels=labels)
