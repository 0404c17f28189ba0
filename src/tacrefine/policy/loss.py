"""What training minimises."""

from __future__ import annotations

import torch
from torch import Tensor


def gaussian_loss(mean: Tensor, log_variance: Tensor, truth: Tensor, weight: Tensor, beta: float) -> Tensor:
    """Gaussian negative log-likelihood, each term weighted by its predicted variance to the power `beta`.

    `beta` 0 is the plain likelihood, which neglects what is hard; 1 is plain squared error. `weight` is 0 on axes
    that touch cannot tell and on invalid grasps. Variances never learn through the weighting.
    """
    squared = (mean - truth).square()
    terms = 0.5 * (squared * torch.exp(-log_variance) + log_variance)
    if beta > 0:
        terms = terms * torch.exp(beta * log_variance.detach())
    return (terms * weight).sum() / weight.sum().clamp(min=1.0)
