import torch


def accept_or_resample(target_probs, draft_probs, drafted, generator=None):
    k = len(drafted)
    place = torch.arange(k)
    ratio = target_probs[place, drafted] / draft_probs[place, drafted]
    accepted = torch.rand(k, generator=generator) < ratio
    tokens = drafted[accepted].tolist()
    n = len(tokens)
    weights = target_probs[n]
    if n < k:
        weights = (weights - draft_probs[n]).clamp(min=0)
        weights = weights if weights.sum() > 0 else target_probs[n]
    return [*tokens, int(torch.multinomial(weights, 1, generator=generator))]


def speculative_sample(target, draft, prompt, k, max_new_tokens, generator=None):
    tokens = list(prompt)
    end = len(prompt) + max_new_tokens
    while len(tokens) < end:
        count = min(k, end - len(tokens) - 1)
        ids = torch.tensor([tokens])
        rows = []
        for _ in range(count):
            rows.append(draft(ids)[0, -1].softmax(-1))
            token = torch.multinomial(rows[-1], 1, generator=generator)
            ids = torch.cat([ids, token[None]], dim=1)
        p = target(ids)[0, len(tokens) - 1 :].softmax(-1)
        q = torch.stack(rows) if rows else p[:0]
        tokens += accept_or_resample(p, q, ids[0, len(tokens) :], generator)
    return tokens
