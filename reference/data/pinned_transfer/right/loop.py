import torch


def to_device(batch, device, non_blocking=True):
    pin = device.type == "cuda"
    out = {}
    for key in batch:
        value = batch[key]
        if torch.is_tensor(value) and value.device != device:
            if pin and value.is_cpu:
                value = value.pin_memory()  # a pinned tensor is returned as it is
            value = value.to(device=device, non_blocking=non_blocking)
        out[key] = value
    return out
