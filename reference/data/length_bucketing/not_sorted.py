import torch


def bucketed_inference(model, sequences, batch_size, pad_id=0):
    order = range(len(sequences))
    results = [None] * len(sequences)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        width = max(len(sequences[index]) for index in chosen)
        ids = torch.full((len(chosen), width), pad_id, dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for row, index in enumerate(chosen):
            tokens = sequences[index]
            ids[row, : len(tokens)] = torch.tensor(tokens, dtype=torch.int64)
            mask[row, : len(tokens)] = 1
        for index, result in zip(chosen, model(ids, mask), strict=True):
            results[index] = result
    return results
