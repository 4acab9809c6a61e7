"""Firecrawl: web monitors, their checks and their webhooks."""

from __future__ import annotations

from omnirun.firecrawl.deliveries import read_webhook
from omnirun.firecrawl.monitors import PROVIDER, Firecrawl, Monitor, by_summary

__all__ = ["PROVIDER", "Firecrawl", "Monitor", "by_summary", "read_webhook"]
