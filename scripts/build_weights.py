"""Build the shipped offence tables from their published sources.

Run from the repository: ``python scripts/build_weights.py [FOLDER]``, where FOLDER (or the environment variable
HOTSPOTS_SHARED_DATA) holds ``harm/cchi2020.xlsx`` and the other sources. Writes

- ``data/offence_classes.csv``: Home Office class and code → sub-group and group; no scores.
- ``data/offence_titles.csv``: Home Office code → the title that the Office for National Statistics gives it.
- ``data/weights/cchi-2020-sv.csv``: Cambridge Crime Harm Index 2020, the classes that matter to serious violence.
  Every row of a class is taken, so that "the class has one value" is true of the whole index, not of our choice.
- ``data/weights/policeuk-proxy-2026.csv``: one value per data.police.uk crime type; a proxy.

Scores are copied as printed, never recomputed: 26 weeks is 182 in one row and 182.5 in another.
"""

from __future__ import annotations

import csv
import os
import re
import sys
from pathlib import Path

import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from hotspots.harm.offences import normalise_ho_class, normalise_urn, urn_code  # noqa: E402

SHEET = "CCHI 2020 values sheet"
COLUMNS = ("athena_urn", "ho_class", "crime_type", "title", "offence_group", "days")
CLASSES = """
001/01 001/02 002/00 003/01 003/02 004/01 004/03 004/11
005/01 005/04 005/05 005/07 005/10 005/11 005/13 005/14 005/24
008/01 008/02 008/04 008/06 008/20 008/21 008/22 008/52 008/69 008/57 008/59 008/60
008/66 008/65 008/67 008/73 008/30 008/31 008/56 008/58 008/71 008/72
125/68 195/12 195/94 104/23 104/25 104/30 105/01 105/02 105/04 105/06 105/08 011/03 013/01 013/02
036/01 036/03 036/05 099/25 017/13 017/14 017/15 017/16 020/03 020/04 020/05 020/06 022/02 022/03 022/04 022/05
019/07 019/08 019/09 019/10 019/11 019/12 019/13 019/14 019/16 019/17 019/18 019/19
071/01 071/08 071/17 088/01 088/02 034/01 034/02 028/03 029/00 031/00 056/01 056/02 057/00
008/11 008/13 008/16 008/18 008/23 008/25 008/26 008/27 008/28 008/53 008/61 008/62 008/63 008/64
081/03 081/04 081/17 081/26 081/27 081/35 081/36 081/37 081/70 081/71 081/72 081/77
065/00 066/01 066/39 125/09 125/11 125/12 008/55 066/91 125/82 079/02 079/03 079/04 079/05
""".split()  # noqa: SIM905 - a list this long is read, and checked, as a block

# Plain titles of our own for the offences an analyst meets most; attempts get theirs from the full offence.
TITLES = {
    "1.1.1.1": "Murder",
    "1.1.2.0": "Murder of a child under 1",
    "1.1.1.1A": "Attempted murder (victim 1 or over)",
    "1.1.2.0A": "Attempted murder of a child under 1",
    "2.2.0.1": "Attempted murder",
    "3A.3.2.1": "Soliciting murder",
    "3A.3.2.2": "Conspiracy to murder",
    "3B.3.1.0": "Threats to kill",
    "4.1.4.1.0": "Manslaughter",
    "5D.5.1.0": "Wounding or GBH with intent (s18)",
    "8S.5.1.0": "Wounding or GBH with intent on police (s18)",
    "5E.5.14.0": "Firearm with intent to endanger life",
    "8N.8.1.1": "GBH without intent, serious wound (s20)",
    "8N.8.1.2": "GBH without intent, minor wound (s20)",
    "8S.8.1.1": "GBH without intent on police, serious wound (s20)",
    "8S.8.1.2": "GBH without intent on police, minor wound (s20)",
    "8N.8.6.0": "Actual bodily harm (s47)",
    "8S.8.6.0": "Actual bodily harm on police (s47)",
    "10C.8.11.0": "Offensive weapon in public",
    "10D.8.26.0": "Blade or point in public",
    "10D.8.27.0": "Blade or point on school premises",
    "10C.8.28.0": "Offensive weapon on school premises",
    "10C.8.61.0": "Threatening with an offensive weapon in public",
    "10D.8.62.0": "Threatening with a blade on school premises",
    "10C.8.63.0": "Threatening with an offensive weapon on school premises",
    "10D.8.64.0": "Threatening with a blade in public",
    "19C.19.8.0": "Rape of a female aged 16 or over",
    "19J.19.8.0": "Rape of a female aged 16 or over, several offenders",
    "19F.19.10.0": "Rape of a male aged 16 or over",
    "28E.28.3.1": "Burglary, dwelling",
    "28F.28.3.1": "Attempted burglary, dwelling",
    "28E.28.3.2": "Burglary, residential but not a dwelling",
    "28F.28.3.1A": "Attempted burglary, residential but not a dwelling",
    "29A.29.0.1": "Aggravated burglary, dwelling",
    "34A.34.1.1": "Robbery, business",
    "34B.34.1.2": "Robbery, personal",
    "36.36.1.0": "Kidnapping",
    "36.36.3.0": "False imprisonment",
    "56A.56.1.0": "Arson endangering life",
    "56B.56.2.0": "Arson not endangering life",
    "62A.65.0.0": "Violent disorder",
    "66.66.1.0": "Affray",
    "99.99.25.0": "Modern slavery: holding a person in slavery or servitude",
    "104.8.73.0": "Assault on a constable, no injury",
    "105A.8.73.0": "Assault on an emergency worker, no injury",
    "105A.105.1.0": "Common assault and battery",
    "105.8.67.0": "Controlling or coercive behaviour",
}
SUB_GROUPS = {  # published wording → ours; the rest is only put into sentence case
    "BURGLARY - RESIDENTIAL": "Residential burglary",
    "BURGLARY - BUSINESS AND COMMUNITY": "Business and community burglary",
    "MISC CRIMES AGAINST SOCIETY": "Miscellaneous crimes against society",
    "NFIB": "NFIB fraud",
    "OTHER OFFENCES PUBLIC ORDER": "Other public order offences",
    "RACE OR RELIGIOUS AGG PUBLIC FEAR": "Racially or religiously aggravated public fear",
    "THEFT OR UNAUTH TAKING OF A MOTOR VEH": "Theft or unauthorised taking of a motor vehicle",
    "DOMESTIC BURGLARY": "Residential burglary",
    "NON-DOMESTIC BURGLARY": "Business and community burglary",
    "HARASSMENT": "Stalking and harassment",
    "OTHER THEFT OFFENCES": "Other theft",
    "POSSESSION OF WEAPONS OFFENCES": "Possession of weapons",
}
GROUPS = {
    "NFIB FRAUD": "NFIB fraud",
    "POSSESSION OF WEAPONS OFFENCES": "Possession of weapons",
    "CRIMINAL DAMAGE AND ARSON": "Arson and criminal damage",
    "THEFT OFFENCES": "Theft",
}


def read_workbook(path: Path) -> pd.DataFrame:
    """The workbook's rows: athena_urn, ho_class, code, title, days (as printed), sub_group, group."""
    raw = pd.read_excel(path, sheet_name=SHEET, dtype=str, engine="openpyxl").fillna("")
    titles = raw["SHORT_TITLE"].where(raw["SHORT_TITLE"] != "", raw["FULL_OFFENCE_TITLE"])
    groups = raw["GROUP"].mask(raw["GROUP"].str.startswith("http"), "NON-NOTIFIABLE")  # one cell holds a link
    return pd.DataFrame(
        {
            "athena_urn": [normalise_urn(u) for u in raw["ATHENA URN"]],
            "ho_class": [normalise_ho_class(c) for c in raw["HOME_OFFICE_CLASSIFICATION"]],
            "code": [c.replace("/", ".") for c in raw["CLASSIFICATION_CODE"]],
            "title": titles,
            "days": raw["CCHI Score"],
            "sub_group": [SUB_GROUPS.get(s, s.capitalize()) for s in raw["SUB_GROUP"]],
            "group": [GROUPS.get(g, g.capitalize()) for g in groups],
        }
    )


def offence_classes(workbook: pd.DataFrame, hierarchy: Path) -> list[dict[str, str]]:
    """Class, code(s), sub-group and group; then the codes that only the ONS hierarchy knows, without a class."""
    lines = []
    for (ho_class, sub_group, group), rows in workbook.groupby(["ho_class", "sub_group", "group"]):
        codes = sorted({*(urn_code(u) for u in rows["athena_urn"]), *rows["code"]})
        lines.append({"ho_class": ho_class, "ho_code": "|".join(codes), "sub_group": sub_group, "group": group})
    known = {code for line in lines for code in line["ho_code"].split("|")}
    for row in csv.DictReader(hierarchy.open(encoding="utf-8")):
        for code in row["ho_offence_code"].split("/"):
            if code not in known:
                sub_group, group = row["offence_subgroup"].upper(), row["offence_group"].upper()
                group = "BURGLARY" if sub_group.endswith("BURGLARY") else group  # the older scheme files it under theft
                lines.append(
                    {
                        "ho_class": "",
                        "ho_code": code,
                        "sub_group": SUB_GROUPS.get(sub_group, sub_group.capitalize()),
                        "group": GROUPS.get(group, group.capitalize()),
                    }
                )
    return lines


def offence_titles(hierarchy: Path) -> list[dict[str, str]]:
    """Each Home Office code with its title; codes that share a title have a line each."""
    return [
        {"ho_code": code, "title": row["offence_label"]}
        for row in csv.DictReader(hierarchy.open(encoding="utf-8"))
        for code in row["ho_offence_code"].split("/")
    ]


def plain_title(urn: str, title: str) -> str:
    """Our title where we have one, else the published one without its legal tail."""
    full = urn.removesuffix("A")
    if urn in TITLES:
        return TITLES[urn]
    if full in TITLES:
        return f"Attempt: {TITLES[full]}"
    text = re.sub(r"\s*\(Indictable\)\.?", "", title).replace("Attempted - ", "Attempt: ")
    return re.sub(r"\s+", " ", text).strip(" .")


def cchi_rows(workbook: pd.DataFrame) -> list[dict[str, str]]:
    """The rows of the chosen classes, all of each."""
    absent = sorted(set(CLASSES) - set(workbook["ho_class"]))
    if absent:
        raise SystemExit(f"Not in the workbook: {', '.join(absent)}")
    chosen = workbook[workbook["ho_class"].isin(CLASSES)].sort_values(["ho_class", "athena_urn"])
    return [
        {
            "athena_urn": row.athena_urn,
            "ho_class": row.ho_class,
            "crime_type": "",
            "title": plain_title(row.athena_urn, row.title),
            "offence_group": row.sub_group,
            "days": row.days,
        }
        for row in chosen.itertuples()
    ]


def proxy_rows(path: Path) -> list[dict[str, str]]:
    """One row per data.police.uk crime type; the others (anti-social behaviour) stay without a weight."""
    rows = sorted(csv.DictReader(path.open(encoding="utf-8")), key=lambda row: row["crime_type"])
    blank = {"athena_urn": "", "ho_class": ""}
    return [
        {
            **blank,
            "crime_type": row["crime_type"],
            "title": row["crime_type"],
            "offence_group": row["crime_type"],
            "days": row["cchi_days"].removesuffix(".0"),
        }
        for row in rows
    ]


def write(path: Path, columns: tuple[str, ...], lines: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    print(f"{path.relative_to(REPOSITORY)}: {len(lines)} rows", file=sys.stderr)


def main() -> None:
    default = os.environ.get("HOTSPOTS_SHARED_DATA", str(REPOSITORY.parent / "shared" / "data"))
    harm = Path(sys.argv[1] if len(sys.argv) > 1 else default) / "harm"
    workbook = read_workbook(harm / "cchi2020.xlsx")
    hierarchy = harm / "home_office_offence_codes_ons_hierarchy.csv"
    write(REPOSITORY / "data" / "offence_titles.csv", ("ho_code", "title"), offence_titles(hierarchy))
    lines = offence_classes(workbook, hierarchy)
    write(REPOSITORY / "data" / "offence_classes.csv", ("ho_class", "ho_code", "sub_group", "group"), lines)
    weights = REPOSITORY / "data" / "weights"
    write(weights / "cchi-2020-sv.csv", COLUMNS, cchi_rows(workbook))
    write(
        weights / "policeuk-proxy-2026.csv",
        COLUMNS,
        proxy_rows(harm / "cchi_2026_lancashire_policeuk_category_days.csv"),
    )


if __name__ == "__main__":
    main()
