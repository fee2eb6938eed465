def cast(x, dtype):
    y = x.to(dtype)
    back = y.to(x.dtype)
    same = (back == x) | (back.isnan() & x.isnan())
    return y, bool(same.all())
