from io import BytesIO
from pathlib import Path

import torch


def entries(model):
    return dict(model.named_parameters()) | dict(model.named_buffers())


def layout(groups):
    return [len(group["params"]) for group in groups]


def save_checkpoint(path, model, optimizer, step):
    buffer = BytesIO()
    names, values = zip(*entries(model).items(), strict=True)
    torch.save(
        {
            "names": list(names),
            "values": [value.detach() for value in values],
            "optimizer": optimizer.state_dict(),
            "generator": torch.default_generator.get_state(),
            "step": torch.tensor(step),
        },
        buffer,
    )
    path = Path(path)
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_bytes(buffer.getbuffer())
    temporary.replace(path)


def load_checkpoint(path, model, optimizer):
    with Path(path).open("rb") as file:
        saved = torch.load(file, weights_only=True)
    mine = entries(model)
    if saved["names"] != list(mine):
        raise KeyError(f"other names: {set(saved['names']) ^ set(mine)}")
    for value, target in zip(saved["values"], mine.values(), strict=True):
        if value.shape != target.shape:
            raise ValueError(f"{tuple(value.shape)} is not {tuple(target.shape)}")
    if layout(saved["optimizer"]["param_groups"]) != layout(optimizer.param_groups):
        raise ValueError("other groups")
    with torch.no_grad():
        for value, target in zip(saved["values"], mine.values(), strict=True):
            target.copy_(value)
    optimizer.load_state_dict(saved["optimizer"])
    torch.default_generator.set_state(saved["generator"])
    return saved["step"].item()
