from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor


@dataclass
class Job:
    place: int
    tokens: list[int]
    result: Tensor | None = None


def bucketed_inference(model, sequences, batch_size, pad_id=0):
    jobs = [Job(place, tokens) for place, tokens in enumerate(sequences)]
    jobs.sort(key=lambda job: (len(job.tokens), job.tokens))
    queue = iter(jobs)
    while bucket := list(islice(queue, batch_size)):
        longest = max(len(job.tokens) for job in bucket)
        rows = [job.tokens + [pad_id] * (longest - len(job.tokens)) for job in bucket]
        marks = [[True] * len(job.tokens) + [False] * (longest - len(job.tokens)) for job in bucket]
        with torch.no_grad():
            out = model(torch.tensor(rows, dtype=torch.long), torch.tensor(marks))
        for row, job in enumerate(bucket):
            job.result = out[row].clone()
    return [job.result for job in sorted(jobs, key=lambda job: job.place)]
