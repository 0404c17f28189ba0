"""Layers of the policy network, chosen for speed on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

IMAGE_GAIN = 4.0
"""Readings lie mostly below a quarter of full scale; this brings them to the order of one."""
MOMENTS = 6


class PadEncoder(nn.Module):
    """Images ``(n, pads, rows * cols)`` of one pad shape to tokens ``(n, pads, width)``.

    A wide dense layer sees the whole pad at once: on 99 taxels it costs a tenth of a convolution on a CPU. Where the
    force is and how it spreads (ratios of moments) stand beside the pixels.
    """

    moments: Tensor

    def __init__(self, rows: int, cols: int, hidden: int, width: int) -> None:
        super().__init__()
        u = (torch.arange(rows) - (rows - 1) / 2) * (2 / rows)
        v = (torch.arange(cols) - (cols - 1) / 2) * (2 / cols)
        u, v = torch.meshgrid(u, v, indexing="ij")
        moments = torch.stack([torch.ones_like(u), u, v, u * u, v * v, u * v], -1).reshape(-1, MOMENTS)
        self.register_buffer("moments", moments, persistent=False)
        self.first = nn.Linear(rows * cols + MOMENTS, hidden)
        self.token = nn.Linear(hidden, width)

    def forward(self, images: Tensor) -> Tensor:
        """Tokens of all pads of this shape."""
        sums = images @ self.moments
        total = sums[..., :1].abs()
        ratios = 2.0 * sums[..., 1:] / (total + 0.5)
        features = torch.cat([images * IMAGE_GAIN, ratios, torch.log(total + 0.2)], dim=-1)
        return self.token(functional.relu(self.first(features)))


def attend(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    """Multi-head attention over ``(n, pads, width)``, written out so that it exports as plain matrix products."""
    n, pads, width = query.shape
    size = width // heads
    q, k, v = (x.view(n, pads, heads, size).transpose(1, 2) for x in (query, key, value))
    mixed = torch.softmax(q @ k.transpose(-1, -2) * size**-0.5, dim=-1) @ v
    return mixed.transpose(1, 2).reshape(n, pads, width)


class CrossAttention(nn.Module):
    """Tokens of one grasp ask those of another. Projections are per image, :meth:`forward` is per pair."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)

    def project(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of ``(n, pads, width)`` tokens."""
        return self.query(tokens), self.key(tokens), self.value(tokens)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """What the queries find among the values."""
        return attend(query, key, value, self.heads)


class SelfAttentionBlock(nn.Module):
    """Attention across the pads of one grasp, then a small network on each token; both residual."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(width)
        self.attention = CrossAttention(width, heads)
        self.mix = nn.Linear(width, width)
        self.norm_hidden = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 2 * width)
        self.contract = nn.Linear(2 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens ``(n, pads, width)`` that know of each other."""
        tokens = tokens + self.mix(self.attention(*self.attention.project(self.norm_attention(tokens))))
        return tokens + self.contract(functional.relu(self.expand(self.norm_hidden(tokens))))
