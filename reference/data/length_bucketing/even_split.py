import torch


def bucketed_inference(model, sequences, batch_size, pad_id=0):
    order = sorted(range(len(sequences)), key=lambda index: len(sequences[index]))
    results = [None] * len(sequences)
    calls = -(-len(order) // batch_size)
    for call in range(calls):
        chosen = order[call * len(order) // calls : (call + 1) * len(order) // calls]
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
