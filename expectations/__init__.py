"""Great Expectations suites, one module per table, and how their results become checks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader

# Great Expectations imports these for expectations that no suite here uses; a third of its own import's time.
SELDOM_USED = frozenset({"altair", "scipy.stats"})


class _PutOff(MetaPathFinder):
    """Lets some modules be read at their first use instead of at their import."""

    def find_spec(self, name: str, path: Sequence[str] | None, _target: object = None) -> ModuleSpec | None:
        """The module's usual spec, with a loader that waits."""
        spec = PathFinder.find_spec(name, path) if name in SELDOM_USED else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


sys.meta_path.insert(0, _PutOff())
