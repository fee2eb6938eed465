from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import torch

POOLS = {"thread": ThreadPoolExecutor, "process": ProcessPoolExecutor}


def parallel_tokenize(texts, tokenize, workers, kind="thread", pad_id=0):
    if kind not in POOLS or workers < 1:
        raise ValueError("no such kind, or no worker")
    rows = []
    with POOLS[kind](max_workers=workers) as pool:
        for future in [pool.submit(tokenize, text) for text in texts]:
            try:
                rows.append(future.result())
            except Exception:
                rows.append([])
    width = max(map(len, rows), default=0)
    ids = torch.full((len(rows), width), pad_id, dtype=torch.int64)
    for row, tokens in zip(ids, rows, strict=True):
        row[: len(tokens)] = torch.tensor(tokens, dtype=torch.int64)
    return ids
