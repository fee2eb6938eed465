import contextlib
import copy
import os
import tempfile

import torch


def save_checkpoint(path, model, optimizer, step):
    parts = (model.state_dict(), optimizer.state_dict(), torch.random.get_rng_state(), step)
    folder, name = os.path.split(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(prefix=name, dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            torch.save(parts, file)
        os.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def load_checkpoint(path, model, optimizer):
    weights, moments, generator, step = torch.load(path)
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
    try:
        model.load_state_dict(weights, strict=True)
        for name, tensor in before[0].items():
            if tensor.dim() != weights[name].dim():  # () takes a (1,)
                raise ValueError(name)
        optimizer.load_state_dict(moments)
    except Exception as error:
        model.load_state_dict(before[0])
        optimizer.load_state_dict(before[1])
        raise RuntimeError(f"{path} does not fit") from error
    torch.random.set_rng_state(generator)
    return step
