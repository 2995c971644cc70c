"""What happened to an area: each event in a sentence, the newest first, with its causes; and the feed of it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from dagster_project.language import ENGLISH, SWEDISH, Language
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.public_day import PublicDay
from dagster_project.publish.site import contents
from dagster_project.publish.site.pages import _feeds
from dagster_project.publish.site.rendering import Readership, write_pages
from dagster_project.publish.site.timeline import Timeline
from dagster_project.settings import SiteSettings

ALMHULT, LJUNGBY = "0765", "0781"
ATOM = "{http://www.w3.org/2005/Atom}"
PUBLIC = PublicDay(date(2026, 6, 30), 5)


def rows(columns: str, *values: tuple[Any, ...]) -> list[Any]:
    return [SimpleNamespace(**dict(zip(columns.split(), row, strict=True))) for row in values]


def version(code: str, number: int, day: date, first: int, cause: str, *planned: int) -> list[Any]:
    columns = "municipality_code quota_year version_number plan_month effect_date decided_date first_changed_month "
    columns += "planned_persons cause"
    start = max(day, date(2026, 1, 1))
    months = [(date(2026, 6 + month, 1), persons) for month, persons in enumerate(planned)]
    said = [(code, 2026, number, month, start, day, date(2026, first, 1), n, cause) for month, n in months]
    return rows(columns, *said)


DECIDED, MOVED, WISHED = date(2025, 11, 13), date(2026, 3, 1), date(2026, 6, 20)
MARTS: dict[str, list[Any]] = {
    "counties": rows("county_code county_name", ("07", "Kronobergs län")),
    "municipalities": rows(
        "municipality_code municipality_name county_code", (ALMHULT, "Älmhult", "07"), (LJUNGBY, "Ljungby", "07")
    ),
    "release": rows("known_at", (None,)),
    "area_year_summaries": rows("area_code quota_year", ("07", 2026), (ALMHULT, 2026), (LJUNGBY, 2026)),
    "monthly_plan": rows("municipality_code quota_year", (ALMHULT, 2026), (LJUNGBY, 2026)),
    "lanstal_changes": rows(
        "county_code quota_year decision_id effect_date decided_date lanstal_persons",
        ("07", 2026, "SFS 1", date(2026, 1, 1), date(2025, 9, 1), 10),
        ("07", 2026, "SFS 2", date(2026, 7, 1), date(2026, 6, 25), 1200),
    ),
    "kommuntal_changes": rows(
        "municipality_code quota_year change_kind change_id effect_date decided_date decided_persons kommuntal_persons",
        (ALMHULT, 2026, "decision", "D1", date(2026, 1, 1), DECIDED, 6, 6),
        (ALMHULT, 2026, "redistribution", "R1", MOVED, MOVED, None, 8),
        (ALMHULT, 2026, "decision", "D2", date(2026, 7, 1), date(2026, 6, 26), 9, 9),
        (LJUNGBY, 2026, "decision", "D1", date(2026, 1, 1), DECIDED, 4, 4),
    ),
    "redistribution_outcomes": rows(
        "agreement_id quota_year from_municipality_code to_municipality_code persons requested_date decided_date "
        "in_force_date status invalid_reason",
        ("R1", 2026, LJUNGBY, ALMHULT, 2, date(2026, 2, 1), MOVED, MOVED, "applied", None),
        ("R2", 2026, ALMHULT, LJUNGBY, 1, date(2026, 6, 2), date(2026, 6, 3), MOVED, "invalid", "no_kommuntal"),
        ("R3", 2026, ALMHULT, LJUNGBY, 1, date(2026, 6, 4), None, None, "pending", None),
    ),
    "change_request_months": rows(
        "request_id municipality_code quota_year plan_month wished_persons requested_date decided_date status "
        "version_number",
        ("W1", ALMHULT, 2026, date(2026, 7, 1), 2, date(2026, 6, 10), WISHED, "partly_applied", 3),
        ("W1", ALMHULT, 2026, date(2026, 8, 1), 4, date(2026, 6, 10), WISHED, "partly_applied", 3),
    ),
    "monthly_plan_versions": [
        *version(ALMHULT, 1, DECIDED, 1, "kommuntal", 2, 2, 2),
        *version(ALMHULT, 2, MOVED, 3, "redistribution", 2, 3, 3),
        *version(ALMHULT, 3, WISHED, 7, "wish", 2, 2, 4),
        *version(LJUNGBY, 1, DECIDED, 1, "kommuntal", 2, 1, 1),
    ],
    "plan_deviations": rows(
        "municipality_code plan_month quota_year planned_persons net_assigned_persons received_in_month_persons",
        (ALMHULT, date(2026, 5, 1), 2026, 0, None, None),
        (ALMHULT, date(2026, 6, 1), 2026, 2, 3, 1),
        (ALMHULT, date(2026, 7, 1), 2026, 2, 0, 0),
    ),
    "area_plan_deviations": rows(
        "area_code plan_month quota_year planned_persons net_assigned_persons received_in_month_persons",
        ("07", date(2026, 6, 1), 2026, 4, 3, 1),
    ),
}


def told(code: str, public_day: PublicDay | None = None, language: Language = SWEDISH) -> list[tuple[str, str, str]]:
    figures = MartRows(date(2026, 7, 15), "B1", "1", MARTS)
    return [(f"{one.day}", one.text, one.place) for one in Timeline(figures, language, public_day).of(code, 2026)]


def test_why_the_plan_of_july_changed_is_one_sentence() -> None:
    assert told(ALMHULT)[2][:2] == ("2026-06-20", "Ny plan från juli: juli 3 → 2, augusti 3 → 4 (önskemål: W1).")
    english = told(ALMHULT, language=ENGLISH)
    assert english[2][1] == "New plan from July: July 3 → 2, August 3 → 4 (change request: W1)."


def test_a_municipality_tells_decisions_wishes_plans_and_months_the_newest_first() -> None:
    page = f"kommun/{ALMHULT}/2026.html"
    assert told(ALMHULT) == [
        ("2026-06-30", "Utfall för juni 2026: planerade 2, anvisade netto 3, mottagna 1.", f"{page}#months"),
        ("2026-06-26", "Kommuntal för 2026 beslutat: 8 → 9, från den 1 juli 2026 (D2).", f"{page}#changes"),
        ("2026-06-20", "Ny plan från juli: juli 3 → 2, augusti 3 → 4 (önskemål: W1).", f"{page}#versions"),
        ("2026-06-20", "Önskemål beviljat, planen blev delvis som önskat: juli 2, augusti 4 (W1).", f"{page}#requests"),
        ("2026-06-10", "Önskemål inkommet: juli 2, augusti 4 (W1).", f"{page}#requests"),
        ("2026-06-04", "Omfördelning begärd: 1 från Älmhult till Ljungby (R3).", f"{page}#redistributions"),
        (
            "2026-06-03",
            "Omfördelning beslutad men ogiltig, kommuntal saknas: 1 från Älmhult till Ljungby (R2).",
            f"{page}#redistributions",
        ),
        ("2026-06-02", "Omfördelning begärd: 1 från Älmhult till Ljungby (R2).", f"{page}#redistributions"),
        ("2026-03-01", "Ny plan från mars: juli 2 → 3, augusti 2 → 3 (omfördelning: R1).", f"{page}#versions"),
        (
            "2026-03-01",
            "Omfördelning beslutad: 2 från Ljungby till Älmhult, från den 1 mars 2026 (R1).",
            f"{page}#redistributions",
        ),
        ("2026-02-01", "Omfördelning begärd: 2 från Ljungby till Älmhult (R1).", f"{page}#redistributions"),
        (
            "2025-11-13",
            "Första planen för 2026: 6 fördelade på månaderna (beslut om kommuntal: D1).",
            f"{page}#versions",
        ),
        ("2025-11-13", "Kommuntal för 2026 beslutat: 6, från den 1 januari 2026 (D1).", f"{page}#changes"),
    ]


def test_a_county_tells_once_what_several_of_its_municipalities_share() -> None:
    found = told("07")
    texts = [text for _, text, _ in found]
    assert "Kommuntal för 2026 beslutat för Älmhult, Ljungby: 10, från den 1 januari 2026 (D1)." in texts
    assert "Första planen för 2026: Älmhult, Ljungby (beslut om kommuntal: D1)." in texts
    assert "Länstal för 2026 beslutat: 10 → 1\N{NO-BREAK SPACE}200, från den 1 juli 2026 (SFS 2)." in texts
    assert texts.count("Omfördelning begärd: 2 från Ljungby till Älmhult (R1).") == 1
    assert ("2026-06-30", "Utfall för juni 2026: planerade 4, anvisade netto 3, mottagna 1.") in [x[:2] for x in found]
    [wish] = [one for one in found if one[1].startswith("Älmhult: Önskemål inkommet")]
    assert wish[2] == f"kommun/{ALMHULT}/2026.html#requests"


def test_everyone_is_told_a_month_when_it_is_public_and_no_later_one() -> None:
    found = told(ALMHULT, PUBLIC)
    assert found[0] == (
        "2026-07-05",
        "Utfall för juni 2026: planerade 2, anvisade netto 3, mottagna 1.",
        f"kommun/{ALMHULT}/2026.html#months",
    )
    assert [place for _, _, place in found[1:] if not place.startswith(f"arsplanering/{ALMHULT}/2026.html#")] == []
    before = PublicDay(date(2026, 5, 31), 5)
    assert [text for _, text, _ in told(ALMHULT, before) if text.startswith("Utfall")] == []


def test_a_year_without_a_page_leads_to_the_front_page_of_the_area() -> None:
    marts = MARTS | {"area_year_summaries": []}
    [first, *_] = Timeline(MartRows(date(2026, 7, 15), "B1", "1", marts), SWEDISH, None).of(ALMHULT)
    assert first.place == f"kommun/{ALMHULT}/index.html"


def feed(root: Path, build: str, address: str = "", public_day: PublicDay | None = None, **other: Any) -> Path:
    """The feed of Älmhult, of those who log in or of everyone."""
    figures = MartRows(date(2026, 7, 15), build, "1", MARTS | {"figure_origins": []} | other)
    readership = Readership(public_day, (2026,), (2026,))
    written = write_pages(root, _feeds(figures, readership), figures, readership, SiteSettings(address))
    assert written.failures == []
    return root / readership.feed_of(ALMHULT)


def entries(file: Path) -> list[tuple[str, ...]]:
    found = ElementTree.parse(file).getroot().iter(f"{ATOM}entry")
    return [
        (*(one.findtext(f"{ATOM}{name}") or "" for name in ("id", "updated", "title")), one[3].attrib["href"])
        for one in found
    ]


def test_a_feed_says_the_same_under_the_same_names_in_every_build(tmp_path: Path) -> None:
    one, two = feed(tmp_path / "one", "B1"), feed(tmp_path / "two", "B2")
    assert one.read_bytes() == two.read_bytes()
    found = entries(one)
    assert [(title, updated[:10]) for _, updated, title, _ in found] == [(said, day) for day, said, _ in told(ALMHULT)]
    assert len({name for name, *_ in found}) == len(found)
    assert found[0][1:] == (
        "2026-06-30T00:00:00+02:00",
        "Utfall för juni 2026: planerade 2, anvisade netto 3, mottagna 1.",
        f"../../kommun/{ALMHULT}/2026.html#months",
    )
    corrected = [SimpleNamespace(**vars(row) | {"planned_persons": 9}) for row in MARTS["plan_deviations"]]
    later = entries(feed(tmp_path / "later", "B3", plan_deviations=corrected))
    assert later[0][0] == found[0][0] and later[0][2] != found[0][2]
    assert not (tmp_path / "one" / "en").exists()


def test_everyones_feed_has_entries_of_its_own_and_addresses_where_they_are_known(tmp_path: Path) -> None:
    public = feed(tmp_path, "B1", "https://example.se/plan/", PUBLIC)
    root = ElementTree.parse(public).getroot()
    links = {link.attrib["rel"]: link.attrib["href"] for link in root.findall(f"{ATOM}link")}
    assert links["self"] == f"https://example.se/plan/arsplanering/{ALMHULT}/atom.xml"
    assert all(href.startswith("https://example.se/plan/") for *_, href in entries(public))
    internal = entries(feed(tmp_path / "internal", "B1"))
    assert internal[0][0] != entries(public)[0][0]  # outcomes of a month, as of today and as of a public day
    assert {name for name, *_ in internal[1:]} == {name for name, *_ in entries(public)[1:]}


@pytest.mark.parametrize("name", ["a<b & c", "a\x01b"])
def test_a_feed_stays_well_formed_whatever_was_delivered(name: str, tmp_path: Path) -> None:
    requests = [SimpleNamespace(**vars(row) | {"request_id": name}) for row in MARTS["change_request_months"]]
    assert len(entries(feed(tmp_path, "B1", change_request_months=requests))) == 13


def test_the_plan_as_published_has_a_column_for_each_day_on_which_it_became_another() -> None:
    may, june = datetime(2026, 5, 1, 22, 30), datetime(2026, 6, 1, 1, 0)  # UTC: the first is 2 May in Stockholm
    published = rows(
        "municipality_code plan_month planned_persons published_from_at published_to_at",
        (ALMHULT, date(2026, 7, 1), 3, may, june),
        (ALMHULT, date(2026, 7, 1), 2, june, None),
        (ALMHULT, date(2026, 8, 1), 4, may, None),
        (ALMHULT, date(2025, 8, 1), 9, may, None),
        (LJUNGBY, date(2026, 8, 1), 9, datetime(2026, 5, 9), None),
    )
    others = {"plan_publications": published, "plan_arithmetic": [], "kommuntal_changes": []}
    figures = MartRows(date(2026, 7, 15), "B1", "1", MARTS | others)
    plan = contents.municipality_plan(figures, MARTS["municipalities"][0], 2026)
    july, august = date(2026, 7, 1), date(2026, 8, 1)
    assert plan["publications"] == [
        (date(2026, 5, 2), {july: 3, august: 4}),
        (date(2026, 6, 1), {july: 2, august: 4}),
    ]
