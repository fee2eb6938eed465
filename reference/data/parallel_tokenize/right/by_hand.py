import queue
import threading
from multiprocessing import get_context

import torch
from torch.nn.utils.rnn import pad_sequence


def _in_threads(texts, tokenize, workers):
    todo, rows, errors = queue.SimpleQueue(), [None] * len(texts), []
    for item in enumerate(texts):
        todo.put(item)

    def run():
        while not errors:
            try:
                row, text = todo.get_nowait()
            except queue.Empty:
                return
            try:
                rows[row] = tokenize(text)
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return rows


def _in_processes(texts, tokenize, workers):
    with get_context("fork").Pool(workers) as pool:
        rows = list(pool.imap(tokenize, texts))
        pool.close()
        pool.join()
    return rows


def parallel_tokenize(texts, tokenize, workers, kind="thread", pad_id=0):
    run = {"thread": _in_threads, "process": _in_processes}.get(kind)
    if run is None or workers < 1:
        raise ValueError("a kind or a number of workers that does not exist")
    rows = [torch.tensor(ids, dtype=torch.int64) for ids in run(texts, tokenize, workers)]
    if not any(map(len, rows)):
        return torch.empty(len(rows), 0, dtype=torch.int64)
    width = max(map(len, rows))
    tails = [torch.full((width - len(row),), pad_id) for row in rows]
    return pad_sequence([torch.cat(pair) for pair in zip(rows, tails, strict=True)], True)
