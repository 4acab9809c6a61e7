"""What became of one of many: a target or a run, and its end or its error.

An `Attempt` keeps the errors of one from ending the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from omnirun.refs import Ref, Target
    from omnirun.run import Run


@attrs.frozen(weakref_slot=False, repr=False)
class Attempt:
    """One of many, tried.

    Attributes:
        target: what was or is run, where known.
        ref: the run's address, once there is one.
        run: the run as last seen.
        error: what went wrong with the attempt (a run that failed is no error).
    """

    target: Target | None = None
    ref: Ref | None = None
    run: Run | None = None
    error: Exception | None = None

    def unwrap(self) -> Run:
        """Give the run.

        Raises:
            Exception: the attempt's error.
        """
        if self.error is not None:
            raise self.error
        assert self.run is not None
        return self.run

    def __repr__(self) -> str:
        became = self.run if self.error is None else self.error
        return f"<Attempt {self.target or self.ref}: {became!r}>"

    def _repr_html_(self) -> str:
        from omnirun.notebook import card, error_card, run_card  # noqa: PLC0415 - only notebooks ask

        if self.error is not None:
            return error_card(self.error)
        return card(f"… {self.target or self.ref}", {}) if self.run is None else run_card(self.run)
