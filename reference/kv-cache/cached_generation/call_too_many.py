import torch


@torch.no_grad()
def generate_cached(model, ids, max_new_tokens, eos_id=None):
    text = ids
    finished = torch.zeros(len(ids), dtype=torch.bool)
    logits, past = model(ids)
    for _ in range(max_new_tokens):
        token = logits[:, -1].argmax(-1)
        if eos_id is not None:
            token = token.masked_fill(finished, eos_id)
            finished |= token == eos_id
        text = torch.cat([text, token.unsqueeze(1)], dim=1)
        logits, past = model(token.unsqueeze(1), past)
        if finished.all():
            break
    return text
