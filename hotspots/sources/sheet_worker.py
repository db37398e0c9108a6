"""Opens one workbook in a process of its own: bytes from standard input, its sheets as text to standard output.

The reader of workbooks may end the process it runs in, or never end, over a file that is damaged or made to do harm;
here that costs nothing but the file. Run by `hotspots.sources.sheets`, with nothing else loaded.
"""

from __future__ import annotations

import marshal
import sys
from datetime import date, datetime, time, timedelta
from io import BytesIO

PASSWORD = "password"  # the answer in place of sheets, for a workbook that is protected by one


def limit_memory(most: int) -> None:
    """What is beyond it cannot be had, and the process ends; systems without such a limit have none."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, OSError, ValueError):
        pass


def text(cell: object) -> str:
    """A cell as it is printed, '' where it is empty: real dates as 'YYYY-MM-DD HH:MM:SS', times as 'HH:MM:SS'."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        # Excel keeps times as fractions of a day: 21:40 may come as 21:39:59.999.
        return (cell + timedelta(milliseconds=500)).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d} 00:00:00"
    if isinstance(cell, time):
        return f"{cell:%H:%M:%S}"
    if isinstance(cell, timedelta) and timedelta(0) <= cell < timedelta(days=1):  # how OpenDocument keeps a clock
        return str(cell + timedelta(milliseconds=500)).split(".")[0].rjust(8, "0")
    return "" if cell is None else str(cell)


def sheets(data: bytes) -> list[tuple[object, ...]] | str:
    """(title, whether it is visible, first row, first column, cells, merged ranges) of each sheet with data.

    Hidden ones come without their cells. A text in place of the list says why there is none.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    found: list[tuple[object, ...]] = []
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        for about in book.sheets_metadata:
            sheet = book.get_sheet_by_name(about.name) if about.typ == SheetTypeEnum.WorkSheet else None
            if sheet is None or sheet.start is None:
                continue
            visible = about.visible == SheetVisibleEnum.Visible
            cells = [list(map(text, row)) for row in sheet.to_python(skip_empty_area=True)] if visible else []
            found.append((about.name, visible, *sheet.start, cells, sheet.merged_cell_ranges or []))
    except PasswordError:
        return PASSWORD
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        return str(error)[:200]
    return found


if __name__ == "__main__":
    limit_memory(int(sys.argv[1]))
    sys.stdout.buffer.write(marshal.dumps(sheets(sys.stdin.buffer.read())))
