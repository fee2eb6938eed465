"""One buffer of the final width, fed whole at every step: shapes stay, as for a CUDA graph."""

import torch


def decode_without_sync(model, ids, steps, eos_id):
    batch, start = ids.shape
    text = torch.full((batch, start + steps), eos_id, dtype=ids.dtype, device=ids.device)
    text[:, :start] = ids
    live = torch.ones(batch, dtype=torch.bool, device=ids.device)
    with torch.inference_mode():
        for place in range(start, start + steps):
            best = model(text)[:, place - 1].max(dim=-1).indices
            text[:, place] = torch.where(live, best, text[:, place])
            live = torch.logical_and(live, text[:, place].ne(eos_id))
    return text
