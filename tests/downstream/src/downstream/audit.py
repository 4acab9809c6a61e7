"""The raw client below the overlay, with the overlay's keys and retries; and what it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import omnirun
from omnirun import Client, datafold, to_dicts
from omnirun_raw import datafold as raw
from omnirun_raw.datafold import models, monitors
from omnirun_raw.http import Unset

if TYPE_CHECKING:
    from omnirun_raw.datafold import wire


def pinned() -> dict[str, str]:
    """What a bug report needs."""
    return {"omnirun": omnirun.__version__, "spec": raw.SPEC_SHA256, "revision": raw.SPEC_REVISION}


def alerts(monitor: int) -> list[int]:
    """The runs that alerted, through the raw client."""
    with Client() as client:
        page = client.send(monitors.list_monitor_runs.build(monitor, page_size=50))
    return [run.run_id for run in page.runs if run.state == models.MonitorRunState.ALERT]


def started(monitor: int) -> list[str]:
    """When the last runs started, through the overlay."""
    with Client() as client:
        rows = to_dicts(client.history(datafold.Monitor(monitor), limit=20))
    return [str(row["started_at"]) for row in rows]


def titled(item: wire.ApiPublicMonitorRunOut) -> str:
    """A line about a run as it came over the wire."""
    run = models.ApiPublicMonitorRunOut.from_dict(item)
    state = "unknown" if run.state is None or isinstance(run.state, Unset) else run.state.value
    return f"{run.monitor_id}/{run.run_id}: {state}"
