import torch


def pointcloud_invariance(X, W):
    return torch.relu(X @ W).mean(dim=0)


def purify_closed_form(X, lam):
    # (X^T X + lambda I)^-1 X^T X
    n = X.shape[1]
    return torch.linalg.inv(X.T @ X + lam * torch.eye(n, dtype=X.dtype)) @ X.T @ X
