"""References of `problems/hw4/classifying.yaml`: the signs, a training run, and its score."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

SIDE, CLASSES, EPOCHS = 8, 10, 10
TRAINING, HELD_BACK = 1500, 500
NOISE = 0.5
"""Of pixels that are 0 or 1 in the signs themselves."""

BATCH, WIDTHS = 32, (SIDE * SIDE, 128, 64, CLASSES)


def draw_signs(seed: int) -> list[object]:
    """The training images, with what else a run is given."""
    x, y = _draw(seed)
    return [x[:TRAINING], y[:TRAINING], EPOCHS, seed]


def _draw(seed: int) -> tuple[Tensor, Tensor]:
    """Ten signs of random strokes; each image is one, shifted by a pixel or not, with noise."""
    generator = torch.Generator().manual_seed(seed)
    signs = (torch.rand(CLASSES, SIDE, SIDE, generator=generator) < 0.4).double()
    n = TRAINING + HELD_BACK
    y = torch.randint(CLASSES, (n,), generator=generator)
    shifts = torch.randint(0, 2, (n, 2), generator=generator).tolist()
    images = torch.stack(
        [signs[label].roll(shift, (0, 1)) for label, shift in zip(y.tolist(), shifts, strict=True)]
    )
    images = images + NOISE * torch.randn(n, SIDE, SIDE, generator=generator, dtype=torch.float64)
    return images.flatten(1), y


def measure_accuracy(weights: list[Tensor], seed: int) -> object:
    """The percentage of held-back images that are labelled right, or what is wrong."""
    if len(weights) != 6:
        return f"{len(weights)} arrays; there are six, W1, b1, W2, b2, W3, b3"
    x, y = (each[TRAINING:] for each in _draw(seed))
    try:
        scores = _network([torch.as_tensor(each).double() for each in weights], x)
    except (RuntimeError, IndexError):
        return "weights that don't fit: " + ", ".join(str(tuple(each.shape)) for each in weights)
    if scores.shape != (len(x), CLASSES):
        return f"scores of shape {tuple(scores.shape)}; there are {len(x)} images, 10 classes"
    if not bool(torch.isfinite(scores).all()):
        return "scores that are not finite"
    return 100 * float((scores.argmax(dim=1) == y).double().mean())


def _network(weights: list[Tensor], x: Tensor) -> Tensor:
    W1, b1, W2, b2, W3, b3 = weights
    return torch.relu(torch.relu(x @ W1.T + b1) @ W2.T + b2) @ W3.T + b3


def mlp_classify(x: Tensor, y: Tensor, epochs: int, seed: int) -> tuple[list[Tensor], list[float]]:
    """AdamW at 1e-3 on shuffled batches.

    Shapes   x: (n, 64), y: (n,).  Returns six arrays, and a loss for each epoch.
    Source   the part's prompt.
    Cost     ten passes over 1500 images, half a second.
    """
    torch.manual_seed(seed)
    layers = [torch.nn.Linear(a, b) for a, b in itertools.pairwise(WIDTHS)]
    weights = [each for layer in layers for each in (layer.weight, layer.bias)]
    optimiser = torch.optim.AdamW(weights, lr=1e-3)
    x = x.float()
    losses = []
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimiser.zero_grad()
            loss = cross_entropy(_network(weights, x[batch]), y[batch])
            loss.backward()
            optimiser.step()
        losses.append(loss.item())
    return [each.detach() for each in weights], losses
