"""One buffer for the whole text; the prompt is fed in a step of its own."""

import torch


def generate_cached(model, ids, max_new_tokens, eos_id=None):
    batch, start = ids.shape
    text = ids.new_zeros(batch, start + max_new_tokens)
    text[:, :start] = ids
    if max_new_tokens == 0:
        return text
    live = torch.ones(batch, dtype=torch.bool)
    with torch.inference_mode():
        logits, past = model(ids)
        for place in range(start, start + max_new_tokens):
            if place > start:
                logits, past = model(text[:, place - 1 : place], past=past)
            best = logits[:, -1, :].topk(1, dim=-1).indices.squeeze(-1)
            if eos_id is not None:
                best = torch.where(live, best, torch.full_like(best, eos_id))
                live = torch.logical_and(live, best.ne(eos_id))
            text[:, place] = best
            if not live.any():
                return text[:, : place + 1]
    return text
