"""The parts of the Data page: import, what became of the rows, what was quarantined."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import streamlit as st

from hotspots.backtest.best import in_background
from hotspots.base.choices import MAPPED, SOURCES
from hotspots.base.shipped import MAPPINGS
from hotspots.base.words import counted
from hotspots.base.writing import to_csv
from hotspots.intake import TRACKS, Imported, import_files
from hotspots.intake.proposing import MAPPINGS as KEPT
from hotspots.intake.proposing import mappings_for
from hotspots.intake.quarantine import quarantined_rows
from hotspots.intake.report import intake_table, report_line
from hotspots.sources.kinds import kinds_said, upload_types
from hotspots.ui import loading
from hotspots.ui.frame import View
from hotspots.ui.mapping_form import look_at, looked_through, show_mapping_form
from hotspots.ui.session import hand_over, handed_over
from hotspots.ui.show import bullets, errors_shown, offer_files, plain_text

KINDS = {
    "police-uk": "data.police.uk: the archive, or single CSVs",
    "incidents": "A force's own export of incidents",
    "pings": "Officers' positions (pings)",
    "patrol-log": "Patrol logs",
    "boundaries": "District boundaries",
}
STANDARD_NAMES = "None: the columns have the standard names"
PROPOSED = "None yet: propose one from the file"
ZONE_HELP = "The time zone of the times in the file, such as Europe/London or UTC. Needed where they carry no offset."
REPLACE_HELP = "A file replaces its month even where many of the rows held for it are not in it. They are gone then."


def show(view: View) -> None:
    show_last_import()
    with errors_shown():
        show_import(view)
        if view.workspace.manifest.sources:
            show_holdings(view)
            show_reports(view)
            show_quarantine(view)


def show_import(view: View) -> None:
    """Choose a source, give files, import; the report follows."""
    st.header("Import")
    source = st.selectbox("What is it?", list(KINDS), format_func=lambda k: KINDS[k])
    limit = view.workspace.settings.upload_max_mb
    with st.form("import", clear_on_submit=True, border=False):
        files = st.file_uploader(
            f"Files, {limit} MB at most each",
            type=upload_types(source),
            accept_multiple_files=True,
            max_upload_size=limit,
            help=None if source == "boundaries" else f"{kinds_said(source)}.",
        )
        mapping = choose_mapping(source, view.workspace.folder) if source in MAPPED else None
        timezone = st.text_input("Time zone", help=ZONE_HELP) if source in TRACKS else ""
        replacing = source == "police-uk" and st.checkbox("Replace months", help=REPLACE_HELP)
        pressed = st.form_submit_button("Import", type="primary", icon=":material/upload:")
    if pressed and not files:
        st.info("Choose at least one file first.")
    elif pressed:
        given = [(f.name, f.getvalue()) for f in files]
        if source in MAPPED and source not in TRACKS and mapping is None:
            look_at(source, given)
        else:
            with errors_shown():
                run_import(source, given, mapping, timezone.strip(), replacing)
    if source in MAPPED:
        show_mapping_form(view, source, run_import)


def choose_mapping(source: str, folder: Path) -> str | None:
    """The mapping that names the columns: a kept one, an example, or the reader's own; None without one.

    Then tracks have the standard names, and for incidents one is proposed.
    """
    known = mappings_for(source, (folder / KEPT, MAPPINGS))
    without = STANDARD_NAMES if source in TRACKS else PROPOSED
    kept = source not in TRACKS and bool(mappings_for(source, (folder / KEPT,)))
    name = st.selectbox("Mapping", [without, *known], index=int(kept), help="It says which of your columns is which.")
    own = st.file_uploader("Or your own mapping (TOML)", type=["toml"])
    if own is not None:
        return own.getvalue().decode("utf-8", errors="replace")
    return None if name == without else known[name].read_text(encoding="utf-8")


def run_import(
    source: str, files: list[tuple[str, bytes]], mapping: str | None, timezone: str = "", replacing: bool = False
) -> None:
    """Import with progress, then keep the report for the next run, when the page shows the new state."""
    folder = loading.workspace_folder()
    with st.status("Reading …") as status:

        def progress(name: str) -> None:
            status.update(label=f"Reading {plain_text(name)} …")

        try:
            if source == "boundaries":
                with tempfile.TemporaryDirectory() as scratch:
                    paths = []
                    for name, content in files:  # side by side, as the files of a shapefile have to be
                        paths.append(Path(scratch) / Path(name).name)
                        paths[-1].write_bytes(content)
                    imported = import_files(folder, paths, source, progress=progress)
            else:
                imported = import_files(
                    folder, files, source, mapping, progress=progress, timezone=timezone, replacing=replacing
                )
        except Exception:
            status.update(label="Nothing was imported.", state="error")
            raise
        status.update(label="Done.", state="complete")
    looked_through()
    hand_over("imported", imported)
    if imported.changed and source in SOURCES:
        in_background(folder)  # which ranking is best on these data
    st.rerun()


def show_last_import() -> None:
    """What the import just made did."""
    imported = handed_over("imported")
    if not isinstance(imported, Imported):
        return
    if imported.changed:
        st.success("Imported.", icon=":material/check:")
    else:
        st.info("Nothing changed: the workspace already held all of this.", icon=":material/check:")
    lines = [
        *imported.notes,
        *(report_line(r) for r in imported.reports),
        *(n for r in imported.reports for n in r.notes),
    ]
    st.markdown(bullets(lines[:40]))


def show_holdings(view: View) -> None:
    st.header("What is here")
    lines, counts = loading.summary(view.folder, view.version)
    st.markdown(bullets(lines))
    st.dataframe(
        counts, hide_index=True, alt="What the workspace holds",
        column_config={
            "source": "Source", "measure": "What", "detail": "Which",
            "n": st.column_config.NumberColumn("Number", format="localized"),
        },
    )  # fmt: skip


def show_reports(view: View) -> None:
    """Rows read = accepted + updated + unchanged + repeated + quarantined, by file and reason."""
    st.header("Intake reports")
    table = intake_table(view.workspace.manifest.reports)
    if not len(table):
        st.info("Nothing has been imported yet.")
        return
    st.caption("Rows read = accepted + updated + unchanged + repeated + quarantined. Reasons follow for each file.")
    st.dataframe(table, hide_index=True, alt="Intake reports", height=320)
    offer_files("intake", "Reports", csv=lambda: to_csv(table))


def show_quarantine(view: View) -> None:
    """Quarantined rows, to be corrected and imported again."""
    st.header("Quarantined rows")
    rows: pd.DataFrame = quarantined_rows(view.workspace)
    if not len(rows):
        st.markdown("None.")
        return
    st.markdown(
        f"{counted(len(rows), 'row')} could not be used. Download, correct them without touching the first two columns,"
        " and import the file again with the same source."
    )
    st.dataframe(rows.head(200), hide_index=True, alt="Quarantined rows")
    offer_files("quarantined", "Quarantined rows", csv=lambda: to_csv(rows))
