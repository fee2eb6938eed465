import torch


def accept_or_resample(target_probs, draft_probs, drafted, generator=None):
    k, vocab = len(drafted), target_probs.shape[1]
    chosen = drafted.unsqueeze(-1)
    p = target_probs[:k].gather(-1, chosen).squeeze(-1)
    q = draft_probs.gather(-1, chosen).squeeze(-1)
    kept = torch.rand(k, generator=generator, dtype=p.dtype) * q < p
    n = int(kept.long().cumprod(0).sum())
    # A draft that proposes nothing at the last position: its residual is the target's row.
    proposed = torch.cat([draft_probs, draft_probs.new_zeros(1, vocab)])
    residual = torch.relu(target_probs[n] - proposed[n]).double()
    below = torch.rand((), generator=generator, dtype=torch.float64) * residual.sum()
    last = torch.searchsorted(residual.cumsum(0), below, right=True)
    return torch.cat([drafted[:n], last.view(1)]).tolist()


@torch.no_grad()
def speculative_sample(target, draft, prompt, k, max_new_tokens, generator=None):
    made = []
    while len(made) < max_new_tokens:
        ids = torch.tensor([prompt + made])
        start = ids.shape[1]
        for _ in range(k):  # maybe more than are needed: the rest is cut off below
            weights = torch.softmax(draft(ids)[:, -1], dim=-1)
            ids = torch.cat([ids, torch.multinomial(weights, 1, generator=generator)], dim=-1)
        p = torch.softmax(target(ids), dim=-1)[0, start - 1 :]
        # All proposals' rows at once: a causal model gives what it gave while drafting.
        q = torch.softmax(draft(ids), dim=-1)[0, start - 1 : -1]
        made += accept_or_resample(p, q, ids[0, start:], generator)
    return prompt + made[:max_new_tokens]
