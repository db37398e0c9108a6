"""Every column of every table that leaves a room: its type, unit and meaning.

The data dictionary (docs/data_dictionary.md) is generated from here, and the tests hold the tables to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column: ``type`` is the Arrow type it is stored or computed as, ``unit`` may be empty."""

    name: str
    type: pa.DataType
    unit: str
    meaning: str


TEXT = pa.string()
CODE = pa.dictionary(pa.int32(), pa.string())  # repeated text, stored once
WHEN = pa.timestamp("s", tz="UTC")
LOCAL = pa.timestamp("s")

# One row per offence on a record. data.police.uk has one offence per record.
INCIDENTS = (
    Column("record", pa.int64(), "", "number of the record, the same for every offence on it (hash of feed and id)"),
    Column("record_id", TEXT, "", "the record's own id in the feed; empty where the source gives none"),
    Column("offence_no", pa.int16(), "", "1 for the record's first offence, 2 for its second, …"),
    Column("month", pa.int32(), "YYYYMM", "month of the incident: 202207 is July 2022"),
    Column("athena_urn", CODE, "", "Athena offence number, such as 8N.8.6.0"),
    Column("ho_class", CODE, "", "Home Office classification, written 008/06"),
    Column("title", CODE, "", "offence title as the source gives it"),
    Column("crime_type", CODE, "", "data.police.uk crime type"),
    Column("local_from", LOCAL, "Europe/London wall clock", "start of the time the offence may have happened; empty for month-only sources"),
    Column("local_to", LOCAL, "Europe/London wall clock", "end of that time; equal to the start where none is given"),
    Column("instant_from", WHEN, "UTC", "the same start as an instant"),
    Column("instant_to", WHEN, "UTC", "the same end as an instant"),
    Column("recorded", LOCAL, "Europe/London wall clock", "when the police recorded it"),
    Column("lon", pa.float64(), "degrees, WGS84", "longitude; empty where the source gives no place"),
    Column("lat", pa.float64(), "degrees, WGS84", "latitude"),
    Column("cell_9", pa.int64(), "H3", "H3 cell at resolution 9; 0 where there is no place"),
    Column("cell_10", pa.int64(), "H3", "H3 cell at resolution 10; 0 where there is no place"),
    Column("cell_11", pa.int64(), "H3", "H3 cell at resolution 11; 0 where there is no place"),
    Column("district", CODE, "", "district whose polygon holds the point; empty outside the force or without a place"),
    Column("bcu", CODE, "", "Basic Command Unit of that district: West, South or East"),
    Column("location", CODE, "", "the source's street or place description, such as 'On or near High Street'"),
    Column("location_type", CODE, "", "kind of place, such as street, dwelling, licensed premises"),
    Column("outcome", CODE, "", "latest outcome published"),
    Column("knife", pa.bool_(), "", "a knife or sharp instrument was used; empty = the source does not say"),
    Column("gun", pa.bool_(), "", "a firearm was used; empty = the source does not say"),
    Column("domestic", pa.bool_(), "", "domestic abuse; empty = the source does not say"),
    Column("alcohol", pa.bool_(), "", "alcohol was involved; empty = the source does not say"),
    Column("proactive", pa.bool_(), "", "found by police activity (searches, drugs); left out of rankings by default"),
    Column("victim_age", pa.int16(), "years", "age of the victim; never leaves the workspace in an export"),
)


def schema(columns: tuple[Column, ...]) -> pa.Schema:
    """The Arrow schema of a table of ours."""
    return pa.schema([pa.field(c.name, c.type) for c in columns])
