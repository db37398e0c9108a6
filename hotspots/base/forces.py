"""The forces that data.police.uk publishes, as it writes their names, and whom another spelling means."""

from __future__ import annotations

import re
from functools import cache

# How data.police.uk names a force in the names of its files, and in its columns: the 43 of England and Wales, the
# British Transport Police and Northern Ireland.
FORCES = {
    "avon-and-somerset": "Avon and Somerset Constabulary", "bedfordshire": "Bedfordshire Police",
    "btp": "British Transport Police", "cambridgeshire": "Cambridgeshire Constabulary",
    "cheshire": "Cheshire Constabulary", "city-of-london": "City of London Police", "cleveland": "Cleveland Police",
    "cumbria": "Cumbria Constabulary", "derbyshire": "Derbyshire Constabulary",
    "devon-and-cornwall": "Devon & Cornwall Police", "dorset": "Dorset Police", "durham": "Durham Constabulary",
    "dyfed-powys": "Dyfed-Powys Police", "essex": "Essex Police", "gloucestershire": "Gloucestershire Constabulary",
    "greater-manchester": "Greater Manchester Police", "gwent": "Gwent Police", "hampshire": "Hampshire Constabulary",
    "hertfordshire": "Hertfordshire Constabulary", "humberside": "Humberside Police", "kent": "Kent Police",
    "lancashire": "Lancashire Constabulary", "leicestershire": "Leicestershire Police",
    "lincolnshire": "Lincolnshire Police", "merseyside": "Merseyside Police",
    "metropolitan": "Metropolitan Police Service", "norfolk": "Norfolk Constabulary",
    "north-wales": "North Wales Police", "north-yorkshire": "North Yorkshire Police",
    "northamptonshire": "Northamptonshire Police", "northern-ireland": "Police Service of Northern Ireland",
    "northumbria": "Northumbria Police", "nottinghamshire": "Nottinghamshire Police",
    "south-wales": "South Wales Police", "south-yorkshire": "South Yorkshire Police",
    "staffordshire": "Staffordshire Police", "suffolk": "Suffolk Constabulary", "surrey": "Surrey Police",
    "sussex": "Sussex Police", "thames-valley": "Thames Valley Police", "warwickshire": "Warwickshire Police",
    "west-mercia": "West Mercia Police", "west-midlands": "West Midlands Police",
    "west-yorkshire": "West Yorkshire Police", "wiltshire": "Wiltshire Police",
}  # fmt: skip
# Other names by the words that count: short ones, and what a force was called before or is called now.
ALSO = {
    "transport": "btp", "psni": "northern-ireland", "met": "metropolitan", "mps": "metropolitan",
    "gmp": "greater-manchester",
    "hampshire and isle wight": "hampshire", "lancs": "lancashire",
}  # fmt: skip
IDLE = {"police", "constabulary", "service", "force", "the", "of", "british"}  # say nothing about which force it is
STREET_FILE = re.compile(r"(?:19|20)\d\d-\d\d-([a-z-]+?)-street", re.IGNORECASE)


def force_named(text: str) -> str:
    """A force as data.police.uk writes it: 'lancashire police ' → 'Lancashire Constabulary'.

    A name that is in no list comes back with single blanks.
    """
    return FORCES.get(_slug_of(text), " ".join(text.split()))


def same_force(one: str, other: str) -> bool:
    """Whether two names mean the same force."""
    return force_named(one).casefold() == force_named(other).casefold()


def is_listed(text: str) -> bool:
    """Whether the name is one of the list, however it is spelled."""
    return _slug_of(text) in FORCES


def force_of_file(name: str) -> str:
    """The force that a file of the archive is named after, '' where it is named otherwise."""
    found = STREET_FILE.search(name)
    return FORCES.get(found[1].lower(), "") if found else ""


@cache
def _slug_of(text: str) -> str:
    words = _words(text)
    return ALSO.get(words, _by_words().get(words, ""))


@cache
def _by_words() -> dict[str, str]:
    return {_words(name): slug for slug, name in FORCES.items()} | {_words(slug): slug for slug in FORCES}


def _words(text: str) -> str:
    words = re.findall(r"[^\W_]+", text.casefold().replace("&", " and "))
    return " ".join(w for w in words if w not in IDLE)
