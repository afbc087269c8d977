def relu_grad(x):
    return 1.0 if x > 0 else 0.0


def conv_out(h, k, s, p):
    return (h + 2 * p - k) // s + 1
