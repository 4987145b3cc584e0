"""A linear-chain CRF over tags in plain torch: loss, best path, and each tag's probability."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from medstation_notes.tokens import may_follow

FORBIDDEN = -1e4


class CrfLayer(nn.Module):
    """`allowed` (tags + 2, tags + 2) bool: from row to column; the last two are the edges of a sentence."""

    allowed: Tensor

    def __init__(self, allowed: Tensor) -> None:
        super().__init__()
        self.register_buffer("allowed", allowed, persistent=False)
        self.moves = nn.Parameter(torch.zeros(allowed.shape))

    def _scores(self) -> tuple[Tensor, Tensor, Tensor]:
        """(from, to) between tags, into the first, out of the last."""
        scores = self.moves.float().masked_fill(~self.allowed, FORBIDDEN)
        return scores[:-2, :-2], scores[-2, :-2], scores[:-2, -1]

    def loss(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """Minus the log-likelihood per sentence (batch,). `emissions` (batch, words, tags), `tags` (batch, words)."""
        between, first, last = self._scores()
        inside = _inside(lengths, tags.shape[1])
        told = emissions.gather(2, tags[..., None]).squeeze(2)
        score = first[tags[:, 0]] + (told * inside).sum(1)
        score = score + (between[tags[:, :-1], tags[:, 1:]] * inside[:, 1:]).sum(1)
        score = score + last[tags.gather(1, (lengths - 1)[:, None]).squeeze(1)]
        return self._forward(emissions, lengths)[1] - score

    def _forward(self, emissions: Tensor, lengths: Tensor) -> tuple[list[Tensor], Tensor]:
        """Log-sums up to each word (batch, tags), and over whole sentences (batch,)."""
        between, first, last = self._scores()
        alpha = first + emissions[:, 0]
        steps = [alpha]
        for place in range(1, emissions.shape[1]):
            grown = torch.logsumexp(alpha[:, :, None] + between, 1) + emissions[:, place]
            alpha = torch.where((place < lengths)[:, None], grown, alpha)
            steps.append(alpha)
        return steps, torch.logsumexp(alpha + last, 1)

    def chances(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """The probability of every tag at every word (batch, words, tags)."""
        between, _, last = self._scores()
        steps, total = self._forward(emissions, lengths)
        beta = last.expand_as(steps[0])
        found = [torch.zeros_like(beta)] * len(steps)
        for place in range(len(steps) - 1, -1, -1):
            if place + 1 < len(steps):
                grown = torch.logsumexp(between + (emissions[:, place + 1] + beta)[:, None, :], 2)
                beta = torch.where((place + 1 < lengths)[:, None], grown, last.expand_as(beta))
            found[place] = (steps[place] + beta - total[:, None]).exp()
        return torch.stack(found, 1)

    def best(self, emissions: Tensor, lengths: Tensor) -> list[list[int]]:
        """The most likely tags of each sentence (Viterbi)."""
        between, first, last = self._scores()
        score = first + emissions[:, 0]
        back: list[Tensor] = []
        for place in range(1, emissions.shape[1]):
            grown, origin = (score[:, :, None] + between).max(1)
            going = (place < lengths)[:, None]
            score = torch.where(going, grown + emissions[:, place], score)
            back.append(origin)
        ends = (score + last).argmax(1).tolist()
        table = torch.stack(back, 1).tolist() if back else [[] for _ in ends]
        return [_path(end, rows[: length - 1]) for end, rows, length in zip(ends, table, lengths.tolist(), strict=True)]


def _path(end: int, rows: list[list[int]]) -> list[int]:
    path = [end]
    for row in reversed(rows):
        path.append(row[path[-1]])
    return path[::-1]


def _inside(lengths: Tensor, width: int) -> Tensor:
    """(batch, words): 1.0 where a word is, 0.0 where the row is filled up."""
    return (torch.arange(width, device=lengths.device) < lengths[:, None]).float()


def allowed_moves(tags: list[str]) -> Tensor:
    """(tags + 2, tags + 2) bool for IOBES tags: from row to column."""
    from_, to = [*tags, "", ""], [*tags, "", ""]
    return torch.tensor([[may_follow(before, after) for after in to] for before in from_])
