def last_if_none(dim):
    return -1 if dim is None else dim
