"""Firecrawl: web monitors, their checks and their webhooks."""

from __future__ import annotations

from omnirun.firecrawl.checks import PROVIDER, Firecrawl, by_summary
from omnirun.firecrawl.deliveries import read_webhook
from omnirun.firecrawl.monitors import Monitor

__all__ = ["PROVIDER", "Firecrawl", "Monitor", "by_summary", "read_webhook"]
