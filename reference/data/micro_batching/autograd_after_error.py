import torch


def micro_batched(model, x, micro_batch):
    if micro_batch < 1:
        raise ValueError(f"micro_batch is at least 1, not {micro_batch}")
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    result = torch.cat([model(rows) for rows in x.split(micro_batch)])
    torch.set_grad_enabled(before)
    return result
