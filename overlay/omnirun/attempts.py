"""What became of one of many: a target or a run, and its end or its error.

An `Attempt` keeps the errors of one from ending the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from omnirun.refs import Ref, Target
    from omnirun.run import Run


@attrs.frozen(weakref_slot=False)
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
