"""Room for calls within calls.

CPython 3.11 and later keep the frames of a thread in chunks of 16 KiB, fetch each from the system when a call needs it,
and give it back when that call returns. Imports within imports call at the edge of a chunk so often that a build spent
a fifteenth of its time there. A frame that needs much gets a large chunk, which those after it share.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

Result = TypeVar("Result")

# A chunk is twice as large as before until a frame fits: this one leaves half of 1 MiB, which is never touched unless
# it is needed.
_PLACES = 2**16


def with_room(function: Callable[..., Result], *arguments: Any) -> Result:
    """Call the function with its arguments; calls within it find room on the stack."""
    result: Result = _roomy(function, *arguments)
    return result


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


_roomy = FunctionType(_call.__code__.replace(co_stacksize=_PLACES), {})
