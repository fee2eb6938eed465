import torch


def _uniform(generator):
    return torch.rand((), generator=generator, dtype=torch.float64).item()


def _pick(weights, generator):
    threshold = _uniform(generator) * sum(weights)
    for token, weight in enumerate(weights):
        threshold -= weight
        if threshold < 0:
            return token
    return max(range(len(weights)), key=weights.__getitem__)


def accept_or_resample(target_probs, draft_probs, drafted, generator=None):
    out = []
    for p, q, token in zip(
        target_probs[:-1].tolist(), draft_probs.tolist(), drafted.tolist(), strict=True
    ):
        if _uniform(generator) < min(1.0, p[token] / q[token]):
            out.append(token)
            continue
        gap = [max(0.0, a - b) for a, b in zip(p, q, strict=True)]
        return [*out, _pick([g / sum(gap) for g in gap], generator)]
    return [*out, _pick(target_probs[-1].tolist(), generator)]


def _last_row(model, tokens):
    return torch.softmax(model(torch.tensor(tokens)[None])[0, -1], dim=0)


def _propose(draft, tokens, count, generator):
    drafted, rows = [], []
    for _ in range(count):
        row = _last_row(draft, tokens + drafted)
        rows.append(row)
        drafted.append(_pick(row.tolist(), generator))
    return drafted, rows


def speculative_sample(target, draft, prompt, k, max_new_tokens, generator=None):
    tokens = prompt[:]
    left = max_new_tokens
    while left > 0:
        drafted, rows = _propose(draft, tokens, min(k, left - 1), generator)
        logits = target(torch.tensor([tokens + drafted]))[0]
        p = torch.softmax(logits[-len(drafted) - 1 :], dim=-1)
        q = torch.stack(rows) if rows else torch.empty(0, p.shape[-1])
        new = accept_or_resample(p, q, torch.tensor(drafted, dtype=torch.long), generator)
        tokens.extend(new)
        left -= len(new)
    return tokens
