import torch


def generate_cached(model, ids, max_new_tokens, eos_id=None):
    rows = ids.tolist()
    done = [False] * len(rows)
    past = None
    pending = [list(row) for row in rows]
    while max_new_tokens > 0 and not all(done):
        before = torch.is_grad_enabled()
        torch.set_grad_enabled(False)
        try:
            logits, past = model(torch.tensor(pending), past)
        finally:
            torch.set_grad_enabled(before)
        pending = []
        for number, scores in enumerate(logits[:, -1].tolist()):
            token = max(range(len(scores)), key=scores.__getitem__)
            pending.append([token])  # what it would go on with; nobody looks at a finished row
            rows[number].append(eos_id if done[number] else token)
            done[number] = done[number] or token == eos_id
        max_new_tokens -= 1
    return torch.tensor(rows, dtype=torch.int64)
