import torch
from torch import nn


def mlp_classify(x, y, epochs, seed):
    torch.manual_seed(seed)
    x = x.float()
    net = nn.Sequential(
        nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    losses = []
    for epoch in range(epochs):
        total = 0
        order = torch.randperm(len(x))
        for i in range(0, len(x), 64):
            index = order[i : i + 64]
            optimizer.zero_grad()
            loss = criterion(net(x[index]), y[index])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(index)
        losses.append(total / len(x))
        print(f"epoch {epoch}: {losses[-1]:.3f}")
    return [p.detach() for p in net.parameters()], losses
