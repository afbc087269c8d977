import torch


def rff(X, features, sigma, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.from_numpy(X)
    omega = torch.randn(features, x.shape[1], generator=generator, dtype=x.dtype) / sigma
    b = 2 * torch.pi * torch.rand(features, generator=generator, dtype=x.dtype)
    return (2 / features) ** 0.5 * torch.cos(x @ omega.T + b)
