"""Parts of a round: how far each pixel is when only some of the samples of a round have been taken.

A round takes every pixel from the number of samples at the last decision to its goal.  A limit on samples or time may
end it on the way; then all pixels should have got the same share of what they were to get.  The samples of a round have
an order for that: the k-th of the m samples that a pixel gets has the rank (k - 1/2) / m, and equal ranks are in an
order of the pixels that is spread over the image.  The first n samples in this order are a part of the round.

So a part lies within every larger part and within the whole round.  Hence a render that ended on the way goes on, with
a larger limit, to the same samples as one that had this limit from the start; and since the order depends on nothing
but the two numbers of each pixel, it does not matter how often and where it was interrupted.
"""

from __future__ import annotations

import numpy as np

#: Golden ratio times 2^32: multiples of it, modulo 2^32, are spread evenly, whatever their number.
_SPREAD = np.uint32(2654435769)


class Round:
    """The way of all pixels from one decision to the next.

    before, goal : (h, w) integers, samples at its begin and at its end; before <= goal.
    """

    def __init__(self, before: np.ndarray, goal: np.ndarray):
        self.before = np.array(before, np.int32)
        self.goal = np.array(goal, np.int32)
        self._sizes, self._numbers = np.unique(self.goal - self.before, return_counts=True)

    def part(self, total: int) -> np.ndarray:
        """(h, w) int32 samples of each pixel where the image has `total` of them, but at most those of the goal."""
        wanted = total - int(self.before.sum(dtype=np.int64))
        if wanted <= 0:
            return self.before
        if wanted >= self._number(1.0):
            return self.goal
        # the last rank up to which there are no more samples than wanted: between `low` and `high` there is no float
        low, high = 0.0, 1.0
        while low < (middle := 0.5 * (low + high)) < high:
            low, high = (middle, high) if self._number(middle) <= wanted else (low, middle)
        below, here = self._taken(low), self._taken(high)
        kind = np.searchsorted(self._sizes, self.goal - self.before)
        counts = self.before + below[kind]
        left = wanted - self._number(low)
        if left > 0:
            candidates = np.flatnonzero((here > below)[kind])
            order = candidates.astype(np.uint32) * _SPREAD
            counts.ravel()[candidates[np.argpartition(order, left - 1)[:left]]] += 1
        return counts

    def _taken(self, rank):
        """Samples up to a rank of the pixels of each size."""
        return np.floor(rank * self._sizes + 0.5).astype(np.int32)

    def _number(self, rank):
        """Samples of all pixels up to a rank."""
        return int((self._taken(rank).astype(np.int64) * self._numbers).sum())
