"""QR codes with segno."""

from io import BytesIO
from typing import override

import segno

from ports.admission import CodePainter

_MODULE_SIZE = 4
"""Drawing units a module; the drawing scales without loss."""

_QUIET_ZONE_MODULES = 4
"""What ISO/IEC 18004 asks for around a symbol."""


class SegnoCodePainter(CodePainter):
    """Draws the codes of passes."""

    @override
    def svg(self, text: str) -> bytes:
        return qr_code(text, title="Pass")


def qr_code(text: str, *, title: str) -> bytes:
    """Return an SVG drawing. Error correction M (15 %): screens are clean, and a coarser symbol is read from afar.

    Dark on a white ground, whatever page it is put on: scanners fail on inverted symbols and dark surroundings.
    """
    symbol = segno.make_qr(text, error="m", boost_error=False)
    drawing = BytesIO()
    symbol.save(
        drawing,
        kind="svg",
        scale=_MODULE_SIZE,
        border=_QUIET_ZONE_MODULES,
        dark="#000",
        light="#fff",
        title=title,
        omitsize=False,
    )
    return drawing.getvalue()
