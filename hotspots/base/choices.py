"""What a question may choose among, once for pages, verbs and documents. Loads no library: `--help` is quick."""

from __future__ import annotations

SOURCES = ("police-uk", "incidents")  # of incidents
FEEDS = (*SOURCES, "pings", "patrol-log", "boundaries")  # all that can be imported
MAPPED = ("incidents", "pings", "patrol-log")  # of these, those that come with a mapping, or can
SHAPES = (".geojson", ".json", ".gpkg", ".shp")  # files of district boundaries
BESIDE = (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".xml", ".qpj", ".qix")  # what a shapefile has beside it
SHAPES_SAID = "GeoJSON, GeoPackage or shapefile, also in a zip"
EXPECTED = "expected-harm"
METHODS = {
    EXPECTED: "Expected harm", "count": "Number of incidents", "harm": "Harm days",
    "harm-sqrt": "Harm, square-root weights", "harm-cap": "Harm, capped weights",
}  # fmt: skip
DEFAULT_ENGINE = "duckdb://"  # for the expression about positions
DEFAULT_METHOD = EXPECTED  # it won on held-out data: docs/decisions/0015
UNITS = {  # what a set's figures are; the column is called 'days' in every set
    "days": "days of imprisonment",
    "severity": "ONS severity score, not days",
    "points": "points of its own, not days",
}
CRIME_TYPES = (  # of data.police.uk
    "Anti-social behaviour", "Bicycle theft", "Burglary", "Criminal damage and arson", "Drugs", "Other crime",
    "Other theft", "Possession of weapons", "Public order", "Robbery", "Shoplifting", "Theft from the person",
    "Vehicle crime", "Violence and sexual offences",
)  # fmt: skip
# Those of before May 2013 → what they are called now, '' where they were split. The first kept its key, violent-crime.
FORMER_TYPES = {"Violent crime": "Violence and sexual offences", "Public disorder and weapons": ""}

RANKING, FIGURES, HAND = "ranking", "figures", "hand"
HOWS = {  # how the places of a register were chosen
    RANKING: "by this ranking",
    FIGURES: "by other figures over months",
    HAND: "by hand, without figures",
}
