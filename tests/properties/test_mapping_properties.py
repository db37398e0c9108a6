"""A mapping written as a file reads back to the same mapping."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.sources.mapping import CODES, FEEDS, GRID, SPEED_UNITS, TIMES, Mapping, read_mapping
from hotspots.sources.mapping_file import mapping_text
from tests.conftest import examples

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(lambda t: t.strip() == t)
WORD = TEXT.map(lambda t: t.strip().upper())
FORMATS = ("%d/%m/%Y %H:%M", "%Y-%m-%d", "%d %b %Y", "%d-%m-%y %I:%M %p")


@st.composite
def mappings(draw: st.DrawFn) -> Mapping:
    source = draw(st.sampled_from(sorted(FEEDS)))
    feed = FEEDS[source]
    wanted = {*feed.needed, *draw(st.sets(st.sampled_from(feed.fields)))} - {"longitude", "latitude"} | set(GRID)
    wanted |= {"title"} if source == "incidents" else set()
    names = draw(st.lists(TEXT, min_size=2 * len(wanted), max_size=2 * len(wanted), unique=True))
    columns = {}
    for field in (f for f in feed.fields if f in wanted):
        both = field in TIMES and draw(st.booleans())
        columns[field] = tuple(names.pop() for _ in range(1 + both))
    further = draw(st.lists(st.dictionaries(st.sampled_from(CODES), TEXT, min_size=1), min_size=1, max_size=3))
    offences = draw(st.sampled_from(["one", "rows", "columns"])) if source == "incidents" else "one"
    values = draw(
        st.dictionaries(st.just(feed.words[0]), st.lists(WORD.filter(lambda w: w not in ["N", "NO", "0", "FALSE"])))
    )
    return Mapping(
        source, draw(st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)), columns,
        datetime_formats=tuple(draw(st.lists(st.sampled_from(FORMATS), min_size=1, unique=True))),
        timezone=draw(st.sampled_from(["Europe/London", "UTC", ""])),
        null_values=tuple(draw(st.lists(WORD))), values={k: tuple(v) for k, v in values.items()}, offences=offences,
        further=tuple(further) if offences == "columns" else (),
        speed_unit=draw(st.sampled_from(sorted(SPEED_UNITS))) if source != "incidents" else "km/h",
        system=draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=80)),
    )  # fmt: skip


@settings(max_examples=examples(200))
@given(
    mapping=mappings(),
    remarks=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), max_size=2),
)
def test_a_mapping_reads_back_from_its_file(mapping: Mapping, remarks: list[str]) -> None:
    assert read_mapping(mapping.source, mapping_text(mapping, remarks)) == mapping
