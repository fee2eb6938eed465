def center(x):
    """The block's sizes, strides and offset written down."""
    down, right = x.stride()[-2:]
    return x.as_strided((*x.shape[:-2], 2, 2), x.stride(), x.storage_offset() + down + right)
