"""A mapping made on the Data page: proposed from a file, corrected in select boxes, tried on ten rows, kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from hotspots.base.clock import ZONES
from hotspots.intake.proposing import Proposed, chosen, propose_for, save_mapping
from hotspots.sources.kinds import upload_types
from hotspots.sources.mapping import FEEDS, LONGEST_SYSTEM, SPEED_UNITS, TIMES, Mapping
from hotspots.sources.raw import RawTable
from hotspots.ui.frame import View
from hotspots.ui.session import held, hold
from hotspots.ui.show import bullets, errors_shown, plain_text

NONE = ""
FIELDS = {
    "id": "Number of the record", "ho_class": "Home Office class", "athena_urn": "Athena URN",
    "title": "Offence, in words",
    "committed_from": "Committed from", "committed_to": "Committed to", "recorded": "Recorded on", "easting": "Easting",
    "northing": "Northing", "longitude": "Longitude", "latitude": "Latitude", "knife": "Knife (yes or no)",
    "gun": "Gun (yes or no)", "domestic": "Domestic (yes or no)", "alcohol": "Alcohol (yes or no)",
    "proactive": "Found by police activity (yes or no)", "victim_age": "Age of the victim",
    "location_type": "Kind of place", "location": "Place in words", "unit": "Unit or call sign", "time": "Time",
    "speed": "Speed", "status": "Status", "officers": "Officers", "entry": "Number of the entry", "area": "Hot spot",
    "start": "Start", "end": "End", "mode": "On foot or by vehicle", "activity": "Activity",
    "reactive": "On a call (yes or no)", "searches": "Searches", "arrests": "Arrests", "weapons": "Weapons",
}  # fmt: skip
ROWS_ARE = {
    "one": "a record", "rows": "an offence; rows with the same number are one record",
    "columns": "a record, its further offences in columns beside the first",
}  # fmt: skip
HELP = "From a file as it was exported. Nothing is imported until you press Import."
Run = Callable[[str, list[tuple[str, bytes]], str], None]


def look_at(source: str, files: list[tuple[str, bytes]]) -> None:
    """Have these files, just given to the import, looked at by the form of this source."""
    hold("mapping-files", (source, files))


def looked_through() -> None:
    """They were imported: let them go."""
    hold("mapping-files", None)


def show_mapping_form(view: View, source: str, run: Run) -> None:
    """Propose a mapping from a file, correct it, try it, keep it; ``run`` imports the files with it."""
    limit = view.workspace.settings.upload_max_mb
    kept: Any = held("mapping-files")
    files: list[tuple[str, bytes]] = kept[1] if kept and kept[0] == source else []
    with st.expander("Make a mapping from a file", icon=":material/table_edit:", expanded=bool(files)), errors_shown():
        st.caption(HELP)
        file = st.file_uploader(
            "Another file to look at" if files else "File to look at", type=upload_types(source),
            max_upload_size=limit, key=f"mapping-file-{source}",
        )  # fmt: skip
        if file is not None:
            files = [(file.name, file.getvalue())]
        if not files:
            return
        name, content = files[0]
        st.markdown(f"**{plain_text(name)}**")
        stamp, raw, proposal = looked_at(view, source, name, content)
        show_doubts(proposal)
        with st.form(f"mapping-{stamp}", border=False):
            mapping = mapping_chosen(stamp, raw, proposal.proposal.mapping)
            st.form_submit_button("Show ten rows", icon=":material/visibility:")
        made = chosen(raw, mapping, view.workspace.settings)
        show_rows(made)
        offer(view, source, stamp, mapping, made, lambda: run(source, files, made.text))


def looked_at(view: View, source: str, name: str, content: bytes) -> tuple[str, RawTable, Proposed]:
    """(a stamp of the file, its first table, what was proposed for it); read once for a file."""
    stamp = hashlib.sha256(f"{source}/{name}/".encode() + content).hexdigest()[:12]
    kept: Any = held("mapping")
    if kept is None or kept[0] != stamp:
        kept = (stamp, *propose_for([(name, content)], source, view.workspace.settings))
        hold("mapping", kept)
    found: tuple[str, RawTable, Proposed] = kept
    return found


def show_doubts(found: Proposed) -> None:
    asked = [*found.proposal.doubts, *(f"Which column is {what}?" for what in found.proposal.lacking)]
    if asked:
        st.warning("To be answered by who knows the system:\n" + bullets(asked), icon=":material/help:")


def mapping_chosen(stamp: str, raw: RawTable, proposed: Mapping) -> Mapping:
    """The widgets of a mapping, which begin with what was proposed, and the mapping that they make."""
    feed, names = FEEDS[proposed.source], [NONE, *raw.table.column_names]
    left, right = st.columns(2)
    name = left.text_input("Name of the feed", proposed.name, key=f"{stamp}-name", help="a-z, 0-9 and -. It stays.")
    system = right.text_input(
        "Whose system it is", proposed.system, key=f"{stamp}-system", max_chars=LONGEST_SYSTEM,
        placeholder="Athena, Lancashire Constabulary",
    )  # fmt: skip
    columns = {}
    for i, what in enumerate(feed.fields):
        now = (*proposed.columns.get(what, ()), NONE, NONE)
        beside = (left, right)[i % 2]
        picked = [select(beside, f"{stamp}-{what}", label_of(what, feed.needed), names, now[0])]
        if what in TIMES:
            picked.append(select(beside, f"{stamp}-{what}-clock", f"{FIELDS[what]}: time of day", names, now[1]))
        if any(picked):
            columns[what] = tuple(filter(None, picked))
    written = st.text_area(
        "How times are written, one way a line", "\n".join(proposed.datetime_formats), key=f"{stamp}-formats",
        help="%d day, %m month, %Y year, %H hour, %M minute, %S second. Times with the year first need none.",
    )  # fmt: skip
    zones = list(dict.fromkeys([proposed.timezone, *ZONES]))
    return replace(
        proposed, name=name.strip(), system=system.strip(), columns=columns,
        datetime_formats=tuple(line.strip() for line in written.splitlines() if line.strip()),
        timezone=select(st, f"{stamp}-zone", "Clock of times without an offset", zones, proposed.timezone),
        **more_chosen(stamp, raw, proposed, columns),
    )  # fmt: skip


def label_of(what: str, needed: tuple[str, ...]) -> str:
    return f"{FIELDS[what]} (needed)" if what in needed else FIELDS[what]


def select(place: Any, key: str, label: str, options: list[str], now: str) -> str:
    """A select box in a column or on the page; an empty choice reads as none."""
    return str(place.selectbox(label, options, index=options.index(now), key=key, format_func=lambda o: o or "none"))


def more_chosen(stamp: str, raw: RawTable, proposed: Mapping, columns: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """What a row is, the unit of the speed, and which statuses mean a call, where the source has them."""
    if proposed.source == "incidents":
        kinds = [kind for kind in ROWS_ARE if kind != "columns" or proposed.further]
        offences = st.selectbox(
            "A row is", kinds, index=kinds.index(proposed.offences), key=f"{stamp}-offences",
            format_func=lambda kind: ROWS_ARE[kind],
        )  # fmt: skip
        return {"offences": offences, "further": proposed.further if offences == "columns" else ()}
    if proposed.source != "pings":
        return {}
    unit = select(st, f"{stamp}-speed-unit", "Unit of the speed", list(SPEED_UNITS), proposed.speed_unit)
    if "status" not in columns:
        return {"speed_unit": unit}
    said = sorted({str(text).strip().upper() for text in raw.table[columns["status"][0]].unique().to_pylist() if text})
    calls = st.multiselect(
        "Which statuses mean a call?", said, [s for s in said if s in proposed.words("on_call")], key=f"{stamp}-calls"
    )
    return {"speed_unit": unit, "values": {**proposed.values, "on_call": tuple(calls)}}


def show_rows(made: Proposed) -> None:
    """The first rows as they would be read, or why they cannot be."""
    if made.rows is None:
        st.error(bullets(made.problems), icon=":material/error:")
        return
    st.markdown("The first rows as they would be read:")
    st.dataframe(made.rows, hide_index=True, alt="The first rows as they would be read")


def offer(view: View, source: str, stamp: str, mapping: Mapping, made: Proposed, run: Callable[[], None]) -> None:
    """Download, keep and use what was made, once it can be read."""
    with st.container(horizontal=True):
        st.download_button(
            "Mapping, TOML", data=made.text, file_name=f"{mapping.name or 'mapping'}.toml", mime="application/toml",
            on_click="ignore", icon=":material/download:", key=f"{stamp}-download",
        )  # fmt: skip
        ready = made.rows is not None
        if st.button("Save in this workspace", icon=":material/save:", key=f"{stamp}-save", disabled=not ready):
            path = save_mapping(view.workspace.folder, source, made.text)
            st.success(plain_text(f"Saved as {path.name}: choose it under “Mapping” from now on."))
        if st.button("Import with this mapping", icon=":material/upload:", key=f"{stamp}-run", disabled=not ready):
            run()
