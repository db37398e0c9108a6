"""What became of each file of an import, all reports as a table, and what the workspace holds now in a few counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from hotspots.base.clock import day_number, day_text
from hotspots.base.columns import INTAKE
from hotspots.base.errors import SHOWN, HotspotsError, sample
from hotspots.base.months import month_text
from hotspots.base.profile import Profile
from hotspots.base.words import counted
from hotspots.geography import boundaries_of, missing_districts
from hotspots.store.held import BY_FORCE, force_words, months_held, months_of_others
from hotspots.store.sound import is_sound, source_of
from hotspots.store.workspace import FileReport, Manifest, PingDay, Workspace, read_incidents, referenced


def damaged_files(workspace: Workspace, positions: bool = True) -> list[str]:
    """Files that the manifest names and that are gone or not as they were written.

    ``positions`` False passes over the patrol days: a year of them is many gigabytes, so an import looks only at those
    that it reads (`sound_day`).
    """
    manifest = workspace.manifest
    names = referenced(manifest) - (set() if positions else {d.file for d in manifest.ping_days})
    return [n for n in sorted(names) if not is_sound(workspace.folder, manifest, n)]


def sound_day(workspace: Workspace, day: PingDay) -> bool:
    """Whether the file of a patrol day is there, just as it was written."""
    return is_sound(workspace.folder, workspace.manifest, day.file)


def without(manifest: Manifest, damaged: list[str]) -> Manifest:
    """The manifest as if these files had never been written, so that an import writes them anew."""
    if not damaged:
        return manifest

    def kept(name: str) -> str:
        return "" if name in damaged else name

    return replace(
        manifest,
        parts=tuple(p for p in manifest.parts if p.file not in damaged),
        patrol_log=kept(manifest.patrol_log),
        patrol_log_rows=manifest.patrol_log_rows if kept(manifest.patrol_log) else 0,
        reports=tuple(r for r in manifest.reports if r.quarantine not in damaged),
        merged=kept(manifest.merged),
        superseded=kept(manifest.superseded),
        inside={force: name for force, name in manifest.inside.items() if kept(name)},
        boundaries=kept(manifest.boundaries),
        boundaries_label="" if manifest.boundaries in damaged else manifest.boundaries_label,
    )


def refuse_loss(before: Manifest, after: Manifest, damaged: list[str], source: str) -> None:
    """An import that does not bring the damaged files back would lose what they held without a word."""
    keys, reports = {p.key for p in after.parts}, {r.sha256 for r in after.reports}
    lost = [p.file for p in before.parts if p.file in damaged and p.key not in keys]
    lost += [r.quarantine for r in before.reports if r.quarantine in damaged and r.sha256 not in reports]
    lost += [before.boundaries] if before.boundaries in damaged and not after.boundaries else []
    short = after.patrol_log_rows < before.patrol_log_rows
    lost += [before.patrol_log] if before.patrol_log in damaged and short else []
    lost += [f for f in (before.merged, before.superseded) if f in damaged and source != "police-uk"]
    if lost:
        raise HotspotsError(
            f"{name} of the workspace is missing or damaged. Import {source_of(before, name)} again first, or in the"
            " same go."
            for name in lost
        )


def refuse_nothing(reports: Iterable[FileReport]) -> None:
    """An import of rows none of which can be used is no success."""
    read = [r for r in reports if r.read]
    if read and all(r.quarantined == r.read for r in read):
        raise nothing_usable([r.file for r in read], sum(r.read for r in read), [r.reasons for r in read])


def nothing_usable(files: Sequence[str], rows: int, reasons: Iterable[dict[str, int]]) -> HotspotsError:
    """The sentence for it: how many rows, and the most frequent reasons."""
    found: Counter[str] = Counter()
    for each in reasons:
        found.update(each)
    shown = "; ".join(f"{reason} ({counted(n, 'row')})" for reason, n in found.most_common(SHOWN))
    return HotspotsError(
        f"Nothing was imported: of {counted(rows, 'row')} in {sample(files)} none can be used: {shown}. Correct the"
        " file or its mapping, and import it again."
    )


COUNTS = ("read", "accepted", "updated", "unchanged", "repeated", "quarantined")


def numbered(name: str) -> Iterator[str]:
    """'a.csv', 'a.csv (2)', 'a.csv (3)', …: quarantined rows go by the name of their file, so no two share one."""
    yield name
    yield from (f"{name} ({i})" for i in count(2))


def free_name(reports: Iterable[FileReport], name: str) -> str:
    """The file's name, with a number behind it where one of these reports has the same one."""
    taken = {r.file for r in reports}
    return next(n for n in numbered(name) if n not in taken)


def file_report(name: str, source: str, feed: str, sha: str, **facts: Any) -> FileReport:
    """The report of a file imported now; counts that are not given are 0.

    Every row read is accounted for, or the import stops: a defect of ours.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    report = FileReport(name, source, feed, sha, now, **(dict.fromkeys(COUNTS, 0) | facts))
    total = sum(getattr(report, c) for c in COUNTS[1:])
    if total != report.read:
        raise RuntimeError(f"{name}: {report.read} rows read but {total} accounted for")
    return report


def hidden_by_a_map(rows: pd.DataFrame, kind: str) -> dict[str, int]:
    """Rows (lon, district, and ``kind``) that a map would not show: without coordinates, and outside the force area."""
    nowhere = rows["lon"].isna()
    kinds = rows.loc[nowhere, kind].astype(object).fillna(f"no {kind}").value_counts()
    found = {f"no coordinates: {name}": int(n) for name, n in kinds.items()}
    outside = int((~nowhere & rows["district"].isna()).sum())
    return found | ({"outside the force area": outside} if outside else {})


def intake_table(reports: Iterable[FileReport]) -> pd.DataFrame:
    """One row per file and reason, in the columns of INTAKE; a file without any reason has one row."""
    rows = []
    for report in reports:
        reasons = [(f"quarantined: {r}", n) for r, n in report.reasons.items()] + list(report.hidden.items())
        if report.repeated:
            reasons.append(("repeated: the incident is given elsewhere", report.repeated))
        for reason, n in reasons or [("", 0)]:
            rows.append([report.file, report.source, *(getattr(report, c) for c in COUNTS), reason, n])
    return pd.DataFrame(rows, columns=[c.name for c in INTAKE])


def holdings(workspace: Workspace) -> pd.DataFrame:
    """What the workspace holds of each source: measure, detail, n. Incidents are counted once each."""
    rows: list[tuple[str, str, str, int]] = []
    for source in workspace.manifest.sources:
        kind = "crime_type" if source == "police-uk" else "title"
        columns = ["lon", "bcu", kind]
        offences = read_incidents(workspace, ["offence_no", *columns], source)
        if pc.max(offences["offence_no"]).as_py() != 1:
            offences = offences.filter(pc.equal(offences["offence_no"], 1))
        table = offences.select(columns).to_pandas()
        located = table["lon"].notna()
        inside = table["bcu"].notna()
        figures = {"incidents": len(table), "with coordinates": located.sum(), "inside the force area": inside.sum()}
        by_bcu = table["bcu"].value_counts().sort_index()
        rows += [(source, what, "", int(n)) for what, n in figures.items()]
        rows += [(source, "inside the force area", str(b), int(n)) for b, n in by_bcu.items() if n]
        rows.append((source, "outside the force area", "", int((located & ~inside).sum())))
        kinds = table[kind].cat.set_categories(table[kind].cat.categories.union(["no title"])).fillna("no title")
        lost = (~located).groupby(kinds, observed=True).agg(["sum", "mean"])
        for name, row in lost[lost["sum"] > 0].sort_values(["mean", "sum"], ascending=False).iterrows():
            rows.append((source, "without coordinates, share " + f"{row['mean']:.1%}", str(name), int(row["sum"])))
    rows += force_holdings(workspace)
    return pd.DataFrame([*rows, *track_holdings(workspace.manifest)], columns=["source", "measure", "detail", "n"])


def force_holdings(workspace: Workspace) -> list[tuple[str, str, str, int]]:
    """Months of each force, in the rows of `holdings`, where there are files of others than the workspace's own."""
    others = months_of_others(workspace)
    if not others:
        return []
    held = {workspace.force: months_held(workspace, BY_FORCE), **others}
    return [(BY_FORCE, "months held", force, len(months)) for force, months in held.items()]


def track_holdings(manifest: Manifest) -> list[tuple[str, str, str, int]]:
    """Positions and log entries in the rows of `holdings`."""
    rows = []
    if manifest.ping_days:
        rows += [
            ("pings", "positions", "", sum(d.rows for d in manifest.ping_days)),
            ("pings", "patrol days", "", len(manifest.ping_days)),
            ("pings", "units, summed over patrol days", "", sum(d.units for d in manifest.ping_days)),
        ]
    if manifest.patrol_log:
        rows.append(("patrol-log", "imported entries", "", manifest.patrol_log_rows))
    return rows


def headline(workspace: Workspace) -> list[str]:
    """The holdings in sentences, with months and breaks."""
    words = [force_line(workspace.profile)] if workspace.manifest.profile else []
    table = holdings(workspace)
    for source in workspace.manifest.sources:
        n = partial(amount, table[table["source"] == source])
        parts = [p for p in workspace.manifest.parts if p.source == source]
        months = sorted({p.month for p in parts})
        forces = len({p.feed for p in parts}) if months_of_others(workspace) and source == BY_FORCE else 1
        bcus = ", ".join(f"{b} {n('inside the force area', b):,}" for b in sorted(workspace.profile.bcus))
        whose = f"of {forces} forces " if forces > 1 else ""
        words.append(
            f"{source}: {n('incidents'):,} incidents {whose}in {len(months)} months, {month_text(months[0])} to"
            f" {month_text(months[-1])}; {n('with coordinates'):,} have coordinates; {n('inside the force area'):,} lie"
            f" in the force area ({bcus}) and {n('outside the force area'):,} outside."
        )
    words += force_words(workspace) + track_words(workspace.manifest)
    for feed, month, share in workspace.manifest.breaks:
        words.append(
            f"{feed}: the anonymised map points changed in {month_text(month)} ({share:.0%} of crimes at points not"
            " used in the months before). Figures on either side of it cannot be compared cell by cell."
        )
    label = workspace.manifest.boundaries_label
    words.append(
        f"Placed by {label or 'the shipped H3 cover; import district boundaries to place points exactly at edges'}."
    )
    return [*words, *(missing_districts(boundaries_of(workspace)) if workspace.manifest.boundaries else [])]


def force_line(profile: Profile) -> str:
    """'Cleveland: 4 districts in 2 BCUs (North, South).'"""
    n = len(profile.districts)
    return (
        f"{profile.name}: {counted(n, 'district')} in {counted(len(profile.bcus), 'BCU')} ({', '.join(profile.bcus)})."
    )


def amount(holdings: pd.DataFrame, measure: str, detail: str = "") -> int:
    """One figure of one source's holdings."""
    return int(holdings.loc[(holdings["measure"] == measure) & (holdings["detail"] == detail), "n"].sum())


def track_words(manifest: Manifest) -> list[str]:
    """Positions and log entries in sentences; days without positions between those held are named."""
    words = []
    if manifest.ping_days:
        days = [day_number(d.day) for d in manifest.ping_days]
        without = sorted(set(range(days[0], days[-1])) - set(days))
        n, units = sum(d.rows for d in manifest.ping_days), sum(d.units for d in manifest.ping_days)
        gaps = f" {len(without):,} days between have none: {sample(map(day_text, without))}." if without else ""
        span = f"{len(days):,} patrol day{'s' if len(days) > 1 else ''}, {day_text(days[0])} to {day_text(days[-1])}"
        words.append(f"pings: {n:,} positions in {span}; {units / len(days):,.1f} units a day on average.{gaps}")
    if manifest.patrol_log:
        words.append(f"patrol-log: {manifest.patrol_log_rows:,} imported entries.")
    return words


def report_line(report: FileReport) -> str:
    """One file's report in a line."""
    counts = ", ".join(f"{getattr(report, c):,} {c}" for c in COUNTS[1:])
    return f"{report.file}: {report.read:,} rows read = {counts}."
