from multiprocessing import Pool
from multiprocessing.pool import ThreadPool

import torch


def parallel_tokenize(texts, tokenize, workers, kind="thread", pad_id=0):
    if kind not in ("thread", "process") or workers < 1:
        raise ValueError((kind, workers))
    with (ThreadPool if kind == "thread" else Pool)(workers) as pool:
        rows = pool.map(tokenize, texts, chunksize=1)
    if not rows:
        return torch.empty(0, 0, dtype=torch.long)
    width = max(len(row) for row in rows)
    return torch.tensor([[*row, *[pad_id] * (width - len(row))] for row in rows], dtype=torch.long)
