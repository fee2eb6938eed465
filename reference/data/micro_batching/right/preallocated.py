import torch


@torch.inference_mode()
def micro_batched(model, x, micro_batch):
    if micro_batch <= 0:
        raise ValueError("micro_batch must be positive")
    first = model(x[:micro_batch])
    if len(x) <= micro_batch:
        return first
    out = torch.empty((len(x), *first.shape[1:]), dtype=first.dtype, device=first.device)
    out[:micro_batch] = first
    for start in range(micro_batch, len(x), micro_batch):
        out[start : start + micro_batch] = model(x[start : start + micro_batch])
    return out
