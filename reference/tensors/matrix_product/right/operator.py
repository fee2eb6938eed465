def matrix_product(a, b):
    return a @ b
