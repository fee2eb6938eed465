import contextlib

import torch


def run_inference(model, x):
    with contextlib.ExitStack() as stack:
        for module in model.modules():
            stack.callback(setattr, module, "training", module.training)
        stack.enter_context(torch.set_grad_enabled(False))
        return model.train(False)(x).detach()
