"""Documents and pages that could not be made: each costs itself alone, and operators are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dagster_project.errors import kind_and_place
from dagster_project.releases.build_json import ERROR, Finding

_NAMED = 5  # addresses in one finding


@dataclass(frozen=True)
class Failure:
    """A document or page that could not be made: its address below the release, what makes it, what went wrong."""

    address: str
    made_by: str
    cause: str


def failure(address: str, made_by: str, error: BaseException) -> Failure:
    """A failure, of whose error only the kind and place are told: its message may hold values."""
    return Failure(address, made_by, kind_and_place(error))


def findings(kind: str, failures: Iterable[Failure]) -> Iterator[Finding]:
    """One finding for all that failed alike: a broken template costs thousands of pages, and is one thing to mend."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in failures:
        alike[one.made_by, one.cause].append(one.address)
    for (made_by, cause), addresses in alike.items():
        named = ", ".join(addresses[:_NAMED]) + (" …" if len(addresses) > _NAMED else "")
        facts = {"addresses": named, "count": len(addresses), "made_by": made_by, "cause": cause}
        yield Finding(kind, ERROR, addresses[0], facts)
