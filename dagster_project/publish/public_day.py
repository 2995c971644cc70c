"""The public day: to when, and as known when, everyone sees outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dagster_project.settings import STOCKHOLM, Settings


@dataclass(frozen=True)
class PublicDay:
    """The last day of a month; its outcomes are published as they were known `wait_days` later."""

    day: date
    wait_days: int

    @property
    def known_at(self) -> datetime:
        """The moment as of which its outcomes are known, aware."""
        return datetime.combine(self.published_from, time.max, STOCKHOLM)

    @property
    def published_from(self) -> date:
        """The first as-of date that has this public day."""
        return self.day + timedelta(days=self.wait_days)

    @property
    def facts(self) -> dict[str, str]:
        """The day and the next, as files say it."""
        return {"public_day": self.day.isoformat(), "next_public_day": self.next.day.isoformat()}

    @property
    def next(self) -> PublicDay:
        """The public day a month later."""
        return PublicDay(_last_of_month(self.day + timedelta(days=1)), self.wait_days)


def public_day(settings: Settings) -> PublicDay:
    """The end of the newest month that had ended long enough before the as-of date, and before what is known."""
    latest = min(settings.as_of, settings.known_at.astimezone(STOCKHOLM).date() if settings.known_at else date.max)
    waited = latest - timedelta(days=settings.public_wait_days)
    last = _last_of_month(waited)
    return PublicDay(last if last == waited else waited.replace(day=1) - timedelta(days=1), settings.public_wait_days)


def _last_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
