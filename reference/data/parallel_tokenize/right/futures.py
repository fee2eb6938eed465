import concurrent.futures as cf

import numpy as np
import torch


def parallel_tokenize(texts, tokenize, workers, kind="thread", pad_id=0):
    if workers <= 0:
        raise ValueError("workers must be positive")
    if kind == "thread":
        executor = cf.ThreadPoolExecutor(workers)
    elif kind == "process":
        executor = cf.ProcessPoolExecutor(workers)
    else:
        raise ValueError(f"unknown kind {kind}")
    try:
        futures = {executor.submit(tokenize, text): row for row, text in enumerate(texts)}
        rows = [None] * len(texts)
        for future in cf.as_completed(futures):
            rows[futures[future]] = future.result()
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    out = np.full((len(rows), max([len(r) for r in rows] + [0])), pad_id, dtype=np.int64)
    for row, ids in enumerate(rows):
        out[row, : len(ids)] = ids
    return torch.from_numpy(out)
