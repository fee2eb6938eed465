def gradient(f, x):
    x.requires_grad_()
    f(x).backward()
    return x.grad
