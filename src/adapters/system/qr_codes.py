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
    """Error correction M (15 %): screens are clean, and a coarser symbol is read from further away.

    Dark on a white ground, whatever page it is put on: scanners fail on inverted symbols and dark surroundings.
    """

    @override
    def svg(self, text: str) -> bytes:
        symbol = segno.make_qr(text, error="m", boost_error=False)
        drawing = BytesIO()
        symbol.save(
            drawing,
            kind="svg",
            scale=_MODULE_SIZE,
            border=_QUIET_ZONE_MODULES,
            dark="#000",
            light="#fff",
            title="Pass",
            omitsize=False,
        )
        return drawing.getvalue()
