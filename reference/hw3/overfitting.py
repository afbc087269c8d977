"""References of `problems/hw3/overfitting.yaml`: the image, a training run, and its score."""

from __future__ import annotations

import math

import torch
from torch import Tensor

SIZE, EPOCHS = 32, 60
WIDTH, BATCH = 64, 128

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sin": torch.sin}


def draw_image(seed: int, activation: str) -> list[object]:
    """Six waves and a disc, with what else a training run is given."""
    xy, pixels = _draw(seed)
    return [xy, pixels, activation, EPOCHS, seed]


def _draw(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    places = torch.linspace(-1, 1, SIZE, dtype=torch.float64)
    y, x = torch.meshgrid(places, places, indexing="ij")
    image = 2.0 * ((x - 0.2) ** 2 + (y + 0.1) ** 2 < 0.2)
    for _ in range(6):
        u, v, phase = torch.rand(3, generator=generator, dtype=torch.float64).tolist()
        image = image + torch.sin((16 * u - 8) * x + (16 * v - 8) * y + 2 * math.pi * phase)
    image = (image - image.min()) / (image.max() - image.min())
    return torch.stack([x.flatten(), y.flatten()], dim=1), image.flatten()


def measure_psnr(weights: list[Tensor], seed: int, activation: str) -> object:
    """The score of the network with these weights, or what is wrong with them."""
    if len(weights) != 6:
        return f"{len(weights)} arrays; there are six, W1, b1, W2, b2, W3, b3"
    xy, pixels = _draw(seed)
    try:
        found = _network([torch.as_tensor(each).double() for each in weights], xy, activation)
    except (RuntimeError, IndexError):
        return "weights that don't fit: " + ", ".join(str(tuple(each.shape)) for each in weights)
    if found.shape != pixels.shape:
        return f"{tuple(found.shape)} outputs for {tuple(pixels.shape)} pixels"
    error = float((found - pixels).square().mean())
    return -10 * math.log10(max(error, 1e-12))


def _network(weights: list[Tensor], x: Tensor, activation: str) -> Tensor:
    W1, b1, W2, b2, W3, b3 = weights
    function = ACTIVATIONS[activation]
    hidden = function(x @ W1.T + b1)
    return (function(hidden @ W2.T + b2) @ W3.T + b3).squeeze(1)


FASTEST = 15.0
"""Radians a unit of length: a wave or two a pixel pair would be 50, an image has slower ones."""


def image_overfit(
    xy: Tensor, pixels: Tensor, activation: str, epochs: int, seed: int
) -> tuple[list[Tensor], list[float]]:
    """Adam on small batches.

    Shapes   xy: (n, 2), pixels: (n,).  Returns six arrays, and a loss for each epoch.
    Source   Sitzmann et al., Implicit Neural Representations with Periodic Activation
             Functions, 2020, for the frequencies that sines begin with.
    Cost     epochs passes over the image, a second in all.
    """
    torch.manual_seed(seed)
    xy, pixels = xy.float(), pixels.float()
    weights: list[Tensor] = []
    for inputs, outputs in ((2, WIDTH), (WIDTH, WIDTH), (WIDTH, 1)):
        is_first_of_sines = activation == "sin" and inputs == 2
        bound = FASTEST / 2 if is_first_of_sines else math.sqrt(6 / inputs)
        weights += [bound * (2 * torch.rand(outputs, inputs) - 1), torch.zeros(outputs)]
        if inputs == 2:
            weights[-1] = bound * (2 * torch.rand(outputs) - 1)
    for each in weights:
        each.requires_grad_()
    optimiser = torch.optim.Adam(weights, lr=3e-3 if activation == "sin" else 1e-2)
    losses = []
    for _ in range(epochs):
        for batch in torch.randperm(len(xy)).split(BATCH):
            optimiser.zero_grad()
            loss = (_network(weights, xy[batch], activation) - pixels[batch]).square().mean()
            loss.backward()
            optimiser.step()
        losses.append(loss.item())
    return [each.detach() for each in weights], losses
