import torch


def bucketed_inference(model, sequences, batch_size, pad_id=0):
    buckets = {}
    for index, tokens in enumerate(sequences):
        buckets.setdefault(len(tokens), []).append(index)
    results = [None] * len(sequences)
    for bucket in buckets.values():
        for start in range(0, len(bucket), batch_size):
            chosen = bucket[start : start + batch_size]
            ids = torch.tensor([sequences[index] for index in chosen], dtype=torch.int64)
            for index, result in zip(chosen, model(ids, torch.ones_like(ids)), strict=True):
                results[index] = result
    return results
