import numpy as np
import torch


def bucketed_inference(model, sequences, batch_size, pad_id=0):
    """Longest first, so that an out-of-memory error comes at once; the same slices as ascending."""
    lengths = np.array([len(tokens) for tokens in sequences], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    slices = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    found = {}
    for chosen in reversed(slices):
        ids = np.full((len(chosen), lengths[chosen].max()), pad_id, dtype=np.int64)
        mask = np.arange(ids.shape[1])[None] < lengths[chosen, None]
        ids[mask] = np.concatenate([np.array(sequences[i], dtype=np.int64) for i in chosen])
        out = model(torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64)))
        found.update(zip(chosen.tolist(), out.unbind(0), strict=True))
    return [found[i] for i in range(len(sequences))]
