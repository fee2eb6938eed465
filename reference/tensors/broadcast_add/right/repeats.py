def add_row(matrix, row):
    if row.shape[-1:] != matrix.shape[1:]:
        raise ValueError("the row must be as wide as the matrix")
    out = row.flatten().repeat(len(matrix), 1)
    out += matrix
    return out
