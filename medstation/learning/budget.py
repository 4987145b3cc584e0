"""What privacy has cost so far and may cost: epsilon by Opacus's RDP accountant (Mironov et al. 2019).

Its bound holds for any number of steps; it is a few per cent above the tightest one known, which takes long to find.
"""

from __future__ import annotations

from medstation.api import Json, WrongUsage


class Budget:
    """`epsilon` may be spent, except with chance `delta`, on steps that draw each patient with chance `rate`.

    `noise` is the deviation in units of the clipping; 0 takes the least with which the budget lasts for `steps`.
    """

    def __init__(self, epsilon: float, delta: float, rate: float, steps: int, noise: float = 0.0) -> None:
        from opacus.accountants import RDPAccountant

        self.epsilon, self.delta, self.rate = epsilon, delta, rate
        self.noise = noise or _least_noise(epsilon, delta, rate, steps)
        self._accountant = RDPAccountant()

    @property
    def steps(self) -> int:
        """How many were taken."""
        return sum(count for _, _, count in self._accountant.history)

    def step(self) -> None:
        self._accountant.step(noise_multiplier=self.noise, sample_rate=self.rate)

    def spent(self, more: int = 0) -> float:
        """Epsilon so far, or after so many more steps."""
        from opacus.accountants import RDPAccountant

        ahead = RDPAccountant()
        ahead.history = [*self._accountant.history, *([(self.noise, self.rate, more)] if more else [])]
        return float(ahead.get_epsilon(delta=self.delta))

    def lasts(self, more: int) -> bool:
        """Whether so many more steps stay within the budget."""
        return self.spent(more) <= self.epsilon

    def state(self) -> Json:
        return {"history": [list(one) for one in self._accountant.history]}

    def restore(self, state: Json) -> None:
        self._accountant.history = [(noise, rate, count) for noise, rate, count in state["history"]]


def _least_noise(epsilon: float, delta: float, rate: float, steps: int) -> float:
    from opacus.accountants.utils import get_noise_multiplier

    try:
        noise = get_noise_multiplier(
            target_epsilon=epsilon, target_delta=delta, sample_rate=rate, steps=steps, accountant="rdp"
        )
    except ValueError as error:
        raise WrongUsage(f"epsilon={epsilon:g} cannot be kept: {error}", "Set a larger epsilon.") from error
    return float(noise)
