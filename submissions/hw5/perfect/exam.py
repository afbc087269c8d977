import heapq

import numpy as np
import torch


def beam_search(start, step, k, length):
    done, beams = [], [((), 0.0)]
    while k > 0:
        grown = []
        for tokens, score in beams:
            options = start if not tokens else step[tokens[-1]]
            grown += [(tokens + (b,), score + s) for b, s in enumerate(options)]
        best = heapq.nsmallest(k, grown, key=lambda pair: (-pair[1], pair[0]))
        beams = [pair for pair in best if pair[0][-1] != 0]
        done += [pair for pair in best if pair[0][-1] == 0]
        k = len(beams) if len(best) == k else k - sum(pair[0][-1] == 0 for pair in best)
        if beams and len(beams[0][0]) == length:
            done += beams
            break
        if not beams:
            break
    done.sort(key=lambda pair: (-pair[1], pair[0]))
    return [list(tokens) for tokens, _ in done]


def pointcloud_invariance(X, W):
    features = np.maximum(X.numpy() @ W.numpy(), 0)
    return features[::-1].sum(axis=0, keepdims=True) / len(features)


def fps(X, k, first):
    distances = torch.cdist(X, X, compute_mode="donot_use_mm_for_euclid_dist")
    picked = [first]
    for _ in range(k - 1):
        picked.append(distances[picked].amin(dim=0).argmax().item())
    return np.array(picked)


def purify_closed_form(X, lam):
    S = X @ X.T
    return torch.linalg.solve(S + lam * torch.eye(len(S), dtype=S.dtype), S)
