"""Parquet files as tables: with the types they have, or as they would be printed."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from hotspots.base.errors import HotspotsError
from hotspots.base.settings import Settings
from hotspots.sources.raw import NoRows, RawTable, checked_header


def as_text(raw: RawTable) -> RawTable:
    names = raw.table.column_names
    columns = [parquet_text(raw.name, title, column) for title, column in zip(names, raw.table.columns, strict=True)]
    return replace(raw, table=pa.table(columns, names=names))


def read_parquet(name: str, data: bytes, settings: Settings) -> RawTable:
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        if size > settings.unzipped_max_mb * 1_000_000:
            raise HotspotsError(
                f"{name} unpacks to {size / 1e6:,.0f} MB; at most {settings.unzipped_max_mb:,} MB are read. Split it."
            )
        table = file.read()
        table.validate(full=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last of a column's name
        raise HotspotsError(
            f"{name} cannot be read as Parquet: it is cut short, damaged or another kind of file. Export it again."
        ) from error
    names = checked_header(name, table.column_names)
    if not len(table):
        raise NoRows(f"{name} has columns but no rows. Export it again with the rows.")
    return RawTable(name, table.rename_columns(list(names)), sha256=hashlib.sha256(data).hexdigest())


def refuse_no_cells(name: str, title: str, kind: pa.DataType) -> None:
    """HotspotsError where a column holds lists, records or bytes."""
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise HotspotsError(f"{name}: column '{title}' holds {kind} values, which are no table cells. Leave it out.")


def parquet_text(name: str, title: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A typed column as it would be printed: whole numbers without '.0', times as 'YYYY-MM-DD HH:MM:SS'."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    refuse_no_cells(name, title, kind)
    column = column.cast(kind)
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "TRUE", "FALSE")
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _time_text(column, getattr(kind, "tz", None))
    if pa.types.is_floating(kind):
        whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 1e15))
        digits = pc.if_else(whole, column, None).cast(pa.int64()).cast(pa.string())
        return pc.if_else(pc.fill_null(whole, False), digits, column.cast(pa.string()))
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), None, text)


def _time_text(column: pa.ChunkedArray, zone: str | None) -> pa.ChunkedArray:
    """Times to the second; those that know their time zone are written in UTC with a Z."""
    whole = pc.floor_temporal(column.cast(pa.timestamp("us", zone)), unit="second")
    text = pc.strftime(whole.cast(pa.timestamp("s", "UTC" if zone else None)), format="%Y-%m-%d %H:%M:%S")
    return pc.binary_join_element_wise(text, "Z", "") if zone else text
