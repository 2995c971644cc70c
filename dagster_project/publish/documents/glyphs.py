"""Characters that no font has: typst refuses a whole document for one of them, so another stands in its place."""

from __future__ import annotations

from functools import cache
from typing import Any
from unicodedata import category

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_PROBE = b'#set document(title: "-")\n#sys.inputs.text *#sys.inputs.text*'


def displayable(value: Any) -> Any:
    """What a document says, with a replacement for every character that no font has."""
    if isinstance(value, dict):
        return {key: displayable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [displayable(one) for one in value]
    return _replaced(value) if isinstance(value, str) else value


def _replaced(text: str) -> str:
    if _has_glyphs(text):
        return text
    replaced = "".join(letter if _has_glyphs(letter) else REPLACEMENT for letter in text)
    if _has_glyphs(replaced):
        return replaced
    # Each can be shown alone, but not what joins them: a digit in a keycap.
    return "".join(REPLACEMENT if category(letter)[0] in "MC" else letter for letter in replaced)


@cache
def _has_glyphs(text: str) -> bool:
    """Whether typst shows a text. Its fonts cannot be asked which characters they have."""
    import typst  # noqa: PLC0415 (only when there is a plan to write)

    if text.isascii() and text.isprintable():
        return True
    try:
        typst.compile(_PROBE, format="pdf", sys_inputs={"text": text}, pdf_standards="ua-1", ignore_system_fonts=True)
    except (typst.TypstError, UnicodeEncodeError):  # the latter for half of a surrogate pair
        return False
    return True
