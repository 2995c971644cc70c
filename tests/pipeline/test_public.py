"""What each readership sees: tables that equal the marts, documents that stay, pages that hold together."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import fastexcel
import pytest
from conftest import Build, Built

from dagster_project.publish.data.public_tables import internal_downloads, outcome_downloads, plan_downloads
from dagster_project.publish.public_day import PublicDay

LIMIT = 100_000  # bytes
YEAR = 2026
ALMHULT = "0765"


class Tables(HTMLParser):
    """The cells of every table with an id, row by row, as a reader sees them."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] | None = None
        self._in_cell = False
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._rows = self.tables.setdefault(dict(attrs).get("id") or "", [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell and self._rows:
            self._rows[-1][-1] += data


def shown(value: float | None, signed: bool = False) -> str:
    """A whole number as a Swedish reader expects it."""
    if value is None:
        return "–"
    text = f"{abs(value):,}".replace(",", "\N{NO-BREAK SPACE}")
    sign = "\N{MINUS SIGN}" if value < 0 else "+" if signed and value > 0 else ""
    return sign + text


@pytest.fixture(scope="module", params=["public", "internal"])
def root(request: pytest.FixtureRequest, public: Path, internal: Path) -> Path:
    """The pages of each readership in turn."""
    return public if request.param == "public" else internal


# Tables


def test_texts_equal_the_tables(root: Path) -> None:
    of_everyone = [*plan_downloads(), *outcome_downloads(PublicDay(date(2026, 9, 30), 5))]
    downloads = of_everyone if root.name == "public" else internal_downloads()
    assert {path.stem for path in (root / "data").glob("*.parquet")} == {one.table.name for one in downloads}
    for table in (one.table for one in downloads):
        names = [name for name, _, _ in table.columns]
        parquet = f"select {', '.join(f'{name}::varchar' for name in names)} from '{root}/data/{table.name}.parquet'"
        csv_file = f"select {', '.join(names)} from read_csv('{root}/data/{table.name}.csv', all_varchar=true)"
        both = f"(({parquet}) except all ({csv_file})) union all (({csv_file}) except all ({parquet}))"
        assert duckdb.execute(both).fetchall() == [], table.name
        in_json = json.loads((root / "data" / f"{table.name}.json").read_text())
        assert len(in_json) == duckdb.execute(f"select count(*) from ({parquet})").fetchone()[0]  # type: ignore[index]
        assert not in_json or list(in_json[0]) == names


def test_excel_gets_its_own_csv(public: Path) -> None:
    content = (public / "data" / "outcome_years.excel.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    # As a formula a code keeps its zeros.
    [country] = [row for row in rows if (row["quota_year"], row["area_code"]) == ("2018", '="00"')]
    assert (country["received_persons"], country["fulfilment_percent"]) == ("14588", "96,0")
    names = (public / "data" / "municipalities.excel.csv").read_text(encoding="utf-8-sig")
    assert "Älmhult" in names


def test_the_data_dictionary_describes_every_column(root: Path) -> None:
    package = json.loads((root / "data" / "datapackage.json").read_text())
    types = {"VARCHAR": "string", "BIGINT": "integer", "DATE": "date", "BOOLEAN": "boolean", "DOUBLE": "number"}
    types["TIMESTAMP"] = "datetime"
    assert {resource["name"] for resource in package["resources"]} == {
        path.stem for path in (root / "data").glob("*.parquet")
    }
    assert "kommuntal 2026" in package["description"]
    assert [licence["name"] for licence in package["licenses"]] == ["CC0-1.0"]
    for resource in package["resources"]:
        found = duckdb.execute(f"describe from '{root}/data/{resource['name']}.parquet'").fetchall()
        fields = resource["schema"]["fields"]
        assert [(field["name"], field["type"]) for field in fields] == [(row[0], types[row[1]]) for row in found]
        assert all(field["description"] for field in fields)
        assert set(resource["schema"]["primaryKey"]) <= {field["name"] for field in fields}
        for file in [resource["path"], *resource["alternatives"]]:
            assert (root / "data" / file).is_file()


# A delivery that means harm


HARM = {
    "=": '=HYPERLINK("http://example.org")',
    "+": "+1+1",
    "-": "-2+3",
    "@": "@SUM(A1)",
    "<": "<script>alert(1)</script>",
}


@pytest.fixture(scope="module")
def harmful(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of decisions whose numbers a spreadsheet or a browser would run."""
    folder = tmp_path_factory.mktemp("harmful")
    decisions = folder / "landing" / "quota_decisions"
    decisions.mkdir(parents=True)
    rows = [["decision_id", "level", "quota_year", "area_code", "persons"], ["L", "lanstal", "2026", "07", "30"]]
    codes = ("0760", "0761", "0763", "0764", ALMHULT)
    rows += [[name, "kommuntal", "2026", code, "6"] for name, code in zip(HARM.values(), codes, strict=True)]
    with (decisions / "file.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    built = build(folder / "landing", "2026-03-01", folder / "output", with_site=True)
    assert built.exit_code == 0, built.text
    return (built.output / "current").resolve() / "public"


def test_no_cell_is_run_by_a_spreadsheet(harmful: Path) -> None:
    found = set()
    for file in (harmful / "data").glob("*.csv"):
        delimiter = ";" if file.name.endswith(".excel.csv") else ","
        for row in csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig")), delimiter=delimiter):
            found |= {cell[1] for cell in row if cell[:1] == "'"}
            assert [cell for cell in row if re.match(r"=(?!\"\d+\"$)|[+@\t\r]|-(?![\d.,]+$)", cell)] == [], file.name
    assert {"=", "+", "-", "@"} <= found
    workbooks = list(harmful.rglob("*.xlsx"))
    assert workbooks
    for file in workbooks:
        with zipfile.ZipFile(file) as archive:
            sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
            assert all(b"<f>" not in archive.read(name) for name in sheets)


def test_delivered_text_is_no_markup(harmful: Path) -> None:
    page = (harmful / "arsplanering" / ALMHULT / "index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


# Documents


def test_every_plan_is_an_accessible_pdf(public: Path, shipped: Built) -> None:
    planned = shipped.query("select distinct quota_year, municipality_code from marts.monthly_plan_versions")
    names = {f"documents/{year}/latest/arsplanering-{year}-{code}.pdf" for year, code in planned}
    names |= {f"documents/{year}/latest/arsplanering-{year}.pdf" for year, _ in planned}
    assert {path.relative_to(public).as_posix() for path in public.glob("documents/*/latest/*.pdf")} == names
    for name in (f"arsplanering-{YEAR}.pdf", f"arsplanering-{YEAR}-{ALMHULT}.pdf"):
        content = (public / "documents" / str(YEAR) / "latest" / name).read_bytes()
        assert content.startswith(b"%PDF-")
        assert b"<pdfuaid:part>1</pdfuaid:part>" in content
        assert b"/Lang" in content


def test_those_who_log_in_have_documents_of_outcomes(internal: Path, public: Path) -> None:
    """Beside the plans, of this year and the one before, led to by the area's page; everyone has none."""
    assert list(public.rglob("uppfoljning-*")) == []
    for folder, code in (("kommun", ALMHULT), ("lan", "07")):
        address = f"documents/{YEAR}/latest/uppfoljning-{YEAR}-{code}.pdf"
        assert f'href="../../{address}"' in (internal / folder / code / f"{YEAR}.html").read_text(encoding="utf-8")
        content = (internal / address).read_bytes()
        assert b"<pdfuaid:part>1</pdfuaid:part>" in content and b"/Type/Pages/Count 1/" in content
    assert f"arsplan-{YEAR}-07.xlsx" in (internal / "lan" / "07" / f"{YEAR}.html").read_text(encoding="utf-8")
    assert f"arsplan-{YEAR}-07.xlsx" not in (public / "lan" / "07" / f"{YEAR}.html").read_text(encoding="utf-8")


def test_workbook_holds_the_plan_and_the_outcome(internal: Path, shipped: Built) -> None:
    book = fastexcel.read_excel(internal / "documents" / str(YEAR) / "latest" / f"arsplan-{YEAR}.xlsx")
    assert book.sheet_names == ["Plan", "Utfall", "Avräkning", "Förklaringar"]
    plan = book.load_sheet("Plan").to_polars().rows()
    expected = shipped.query(
        "select municipality_code, list(planned_persons order by plan_month) from marts.monthly_plan "
        f"where quota_year = {YEAR} group by 1 order by 1"
    )
    assert [(row[2], [int(value) for value in row[5:17]]) for row in plan] == expected
    outcome = book.load_sheet("Utfall").to_polars()
    [sums] = shipped.query(
        "select sum(assigned_persons)::int, sum(received_in_month_persons)::int, count(deviation_persons) "
        f"from marts.plan_deviations where quota_year = {YEAR}"
    )
    assert (outcome["Anvisade"].sum(), outcome["Mottagna"].sum(), outcome["Avvikelse"].count()) == sums


# Pages


def test_every_internal_link_leads_somewhere(root: Path) -> None:
    link = re.compile(r'(?:href|src)="([^"]+)"')
    identifiers: dict[Path, set[str]] = {}
    checked: set[Path] = set()
    broken = []
    english = root / "en" / "kommun"  # hundreds of pages of one template, whose Swedish ones are looked at
    pages = (page for page in root.rglob("*.html") if english not in page.parents or page.parent.name == "0765")
    for page in (*pages, *root.rglob("atom.xml")):
        for target in set(link.findall(page.read_text(encoding="utf-8"))):
            if target.startswith(("http://", "https://")):
                continue
            name, _, fragment = target.partition("#")
            name = name.partition("?")[0]
            file = (root / name[1:] if name[0] == "/" else (page.parent / name).resolve()) if name else page
            if file not in checked:
                if not file.is_file():
                    broken.append((page, target))
                checked.add(file)
            if fragment and file.is_file():
                if file not in identifiers:
                    identifiers[file] = set(re.findall(r' id="([^"]+)"', file.read_text(encoding="utf-8")))
                if fragment not in identifiers[file]:
                    broken.append((page, target))
    assert broken == []
    assert len(checked) > 2000


def test_every_area_has_a_feed_that_its_pages_name(root: Path) -> None:
    feeds = list(root.rglob("atom.xml"))
    assert len(feeds) == 21 + 290
    for feed in feeds:
        entries = ElementTree.parse(feed).getroot().findall("{http://www.w3.org/2005/Atom}entry")
        assert 5 < len(entries) <= 30, feed
    for folder in ("kommun", "en/kommun"):
        page = root / folder / ALMHULT / f"{YEAR}.html"
        [named] = re.findall(r'type="application/atom\+xml" .*?href="([^"]+)"', head_of(page))
        assert (page.parent / named).is_file()


def test_nothing_is_fetched_from_another_host(root: Path) -> None:
    fetched = re.compile(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?:https?:)?//')
    assert [page for page in root.rglob("*.html") if fetched.search(page.read_text(encoding="utf-8"))] == []
    for style in (root / "assets").glob("*.css"):
        assert "url(" not in style.read_text()


def loaded(page: Path, public: Path) -> list[bytes]:
    """A page and all that it loads."""
    content = page.read_bytes()
    assets = re.findall(rb'<(?:script|link|img)[^>]*(?:href|src)="(?:\.\./|/)*(assets/[^"]+)"', content)
    assert len(assets) == (7 if page.name == "omfordela.html" else 5)
    return [content, *((public / name.decode()).read_bytes() for name in assets)]


def test_a_municipality_weighs_little(root: Path) -> None:
    pages = [*root.glob("kommun/*/*.html"), *root.glob("en/kommun/*/*.html")]
    assert len(pages) > 2000
    assert {page for page in pages if sum(map(len, loaded(page, root))) > LIMIT} == set()


def test_other_pages_weigh_little_when_compressed(root: Path) -> None:
    pages = [*root.glob("*.html"), *root.glob("lan/*/*.html"), *root.glob("arsplanering/*.html")]
    assert len(pages) > 100
    weights = {page: sum(len(gzip.compress(part, 6)) for part in loaded(page, root)) for page in pages}
    assert {page: weight for page, weight in weights.items() if weight > LIMIT} == {}


def head_of(page: Path) -> str:
    """The head of a page, on one line."""
    return " ".join(page.read_text(encoding="utf-8").partition("</head>")[0].split())


def test_every_page_says_what_it_is(public: Path) -> None:
    """A title and a description of its own kind; addresses only where the site's own is known."""
    for name in ("index.html", "en/2018.html", "lan/07/2018.html", "kommun/0765/2018.html", "om.html", "404.html"):
        head = head_of(public / name)
        title, description = (re.search(rf'og:{part}" content="([^"]+)"', head) for part in ("title", "description"))
        assert title is not None and f"<title>{title[1]} · Årsplan</title>" in head
        assert description is not None and f'name="description" content="{description[1]}"' in head
        assert "canonical" not in head and "og:url" not in head
    assert not (public / "sitemap.xml").exists()
    assert (public / "robots.txt").read_text() == "User-agent: *\nDisallow:\n"


def test_everyones_pages_say_to_when_they_tell_outcomes(public: Path) -> None:
    """The public day and the next; what is told day by day is not there."""
    for language, day, following in (
        ("sv", "30 september 2026", "31 oktober 2026"),
        ("en", "30 September 2026", "31 October 2026"),
    ):
        pages = [page for page in public.rglob("*.html") if (public / "en" in page.parents) == (language == "en")]
        assert len(pages) > 1000
        unsaid = [page for page in pages if not {day, following} <= set(re.findall(r"\d+ \w+ \d{4}", page.read_text()))]
        assert unsaid == []
        assert not {"andringar.html", "datakvalitet.html"} & {page.name for page in pages}


def test_pages_for_those_who_log_in_say_so(internal: Path) -> None:
    pages = list(internal.rglob("*.html"))
    assert [page for page in pages if not re.search("Interna uppgifter|Internal figures", page.read_text())] == []
    assert (internal / "robots.txt").read_text() == "User-agent: *\nDisallow: /\n"


def test_everyones_tables_name_areas_and_what_is_simulated(public: Path) -> None:
    for file in (public / "data").glob("*.parquet"):
        columns = [row[0] for row in duckdb.execute(f"describe from '{file}'").fetchall()]
        assert "is_simulated" in columns, file.name
        assert {name.removesuffix("_code") + "_name" for name in columns if name.endswith("_code")} <= set(columns)
    origins = "select figure || quota_year, is_simulated from '{}/data/figure_origins.parquet'"
    said = dict(duckdb.execute(origins.format(public)).fetchall())
    assert (said["lanstal2018"], said["kommuntal2018"], said["kommuntal2026"]) == (False, False, True)
    plan = f"select distinct quota_year, is_simulated from '{public}/data/monthly_plan.parquet'"
    assert {(2018, False), (2026, True)} <= set(duckdb.execute(plan).fetchall())
    assert len({year for year, _ in duckdb.execute(plan).fetchall()}) == len(duckdb.execute(plan).fetchall())
    moved = f"from_municipality_code, from_municipality_name from '{public}/data/redistribution_outcomes.parquet'"
    assert ("0780", "Växjö") in duckdb.execute(f"select {moved}").fetchall()


def test_who_answers_for_the_site_is_said(public: Path) -> None:
    about = (public / "om.html").read_text(encoding="utf-8")
    assert "CC0 1.0" in about and "Utgivare: inte angiven. Kontakt: inte angiven." in about
    assert "axe-core" in (public / "en" / "tillganglighet.html").read_text(encoding="utf-8")


def test_figures_of_a_municipality_equal_the_mart(internal: Path, shipped: Built) -> None:
    columns = (
        "planned_persons",
        "assigned_persons",
        "cancelled_persons",
        "net_assigned_persons",
        "deviation_persons",
        "cumulative_planned_persons",
        "cumulative_net_assigned_persons",
        "cumulative_deviation_persons",
        "received_in_month_persons",
        "prior_year_replacement_persons",
        "over_plan_persons",
        "over_plan_unapproved_persons",
    )
    for code, year in ((ALMHULT, 2026), ("0180", 2018), ("1480", 2017)):
        rows = Tables(internal / "kommun" / code / f"{year}.html").tables["months"][1:]
        marts = shipped.query(
            f"select {', '.join(columns)} from marts.plan_deviations "
            f"where municipality_code = '{code}' and quota_year = {year} order by plan_month"
        )
        for row, values in zip(rows, marts, strict=True):
            begun = values[4] is not None
            expected = [
                shown(value if begun or "planned" in name else None, signed="deviation" in name)
                for name, value in zip(columns, values, strict=True)
            ]
            assert row[1:] == expected, (code, year, row[0])


def test_figures_of_the_counties_equal_the_mart(internal: Path, shipped: Built) -> None:
    rows = Tables(internal / "2018.html").tables["counties"][1:]
    marts = shipped.query(
        "select county_name, lanstal_persons, kommuntal_persons, planned_to_date_persons, "
        "net_assigned_to_date_persons, received_persons, open_persons, cancelled_persons, awaiting_persons "
        "from marts.area_year_summaries join marts.counties on area_code = county_code "
        "where quota_year = 2018 order by area_code"
    )
    assert [[row[0], *row[2:6], *row[8:10], *row[11:13]] for row in rows] == [
        [values[0], *(shown(value) for value in values[1:])] for values in marts
    ]


def test_the_plan_can_be_followed_by_hand(shipped: Built) -> None:
    """R4: the exact share plus the spread, rounded down, is what the months so far add up to."""
    differing = shipped.query("""
        with rows as (
            from marts.plan_arithmetic select *,
                (remaining_persons::hugeint * cumulative_weight * 2 * municipalities_in_county
                + (2 * municipality_rank + 1) * total_weight::hugeint)
                // (2 * municipalities_in_county * total_weight::hugeint) as rounded_down
            where is_divided and total_weight > 0
        )
        from rows where rounded_down <> cumulative_divided_persons
            or abs(cumulative_share_persons - remaining_persons * cumulative_weight / total_weight) > 0.0001
    """)
    assert differing == []


def test_years_without_a_log_show_no_zero(public: Path) -> None:
    """Nothing was delivered for 2019: the page says so instead of a zero."""
    page = (public / "2019.html").read_text(encoding="utf-8")
    assert "I underlaget räknas inga anvisningar mot 2019 års kommuntal." in page
    assert "omfattar 4 av 21 län" in page
    rows = Tables(public / "2019.html").tables["months"][1:]
    assert {row[2] for row in rows} == {"–"}


def test_a_sum_of_some_counties_is_not_shown_as_the_country(public: Path, shipped: Built) -> None:
    """Of every year that lacks any: how many are missing stands at the figure, and the months are of those that are."""
    partial = shipped.query("""
        select quota_year, counties_missing, municipalities_missing from marts.area_year_summaries
        where area_code = '00' and counties_missing + municipalities_missing > 0
    """)
    assert {year for year, *_ in partial} >= {2016, 2019, 2020, 2021, 2022, 2023, 2024, 2025}
    for year, counties, municipalities in partial:
        page = (public / f"{year}.html").read_text(encoding="utf-8")
        assert not counties or f"<small>{counties} län saknas</small>" in page
        assert not 0 < municipalities < 290 or f"<small>{municipalities} kommuner saknas</small>" in page
        assert f"Plan och utfall per månad {year}, Riket" not in page
    plan = (public / "arsplanering" / "2020.html").read_text(encoding="utf-8")
    assert "omfattar 2 av 21 län" in plan


def test_simulated_figures_are_called_so(public: Path) -> None:
    for page, figures in (("2026.html", "kommuntal"), ("kommun/0765/2018.html", "anvisningar och mottagande")):
        text = (public / page).read_text(encoding="utf-8")
        notice = re.search(r"Simulerade uppgifter för \d+: ([^.]+)\.", text)
        assert notice is not None and figures in notice[1], page
    assert (
        "kommuntal"
        not in re.search(  # the kommuntal of 2018 is real, and carries its source
            r"Simulerade uppgifter för 2018: ([^.]+)\.", (public / "2018.html").read_text(encoding="utf-8")
        )[1]
    )  # type: ignore[index]
    assert 'om.html#S60">S60</a>' in (public / "arsplanering" / ALMHULT / "2018.html").read_text(encoding="utf-8")


# From one release to the next


def decisions(folder: Path, rows: list[tuple[Any, ...]], feed: str = "quota_decisions", name: str = "1.csv") -> None:
    (folder / feed).mkdir(parents=True, exist_ok=True)
    with (folder / feed / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="module")
def two_releases(build: Build, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The public folders of two nights; in between, a redistribution of 2026 and one assignment came in."""
    folder = tmp_path_factory.mktemp("nights")
    landing, output = folder / "landing", folder / "output"
    head = ("decision_id", "level", "quota_year", "area_code", "persons")
    quotas = [("K", "kommuntal", year, code, 20) for year in (2025, 2026) for code in (ALMHULT, "0780")]
    decisions(landing, [head, *quotas])
    nights = []
    for night in (1, 2):
        if night == 2:
            agreement = ("A7", 2026, "0780", ALMHULT, 6, "2026-02-02", "2026-02-03", "approved", "2026-02-04")
            decisions(landing, [AGREEMENT, agreement], "redistributions")
            event = ("e", "assigned", "2026-01-10", "a", ALMHULT, 3, "quota_refugee")
            decisions(landing, [EVENT, event], "assignment_log")
        with pytest.MonkeyPatch.context() as environment:
            for name, value in SITE.items():
                environment.setenv(f"ARSPLAN_SITE_{name}", value)
            built = build(landing, "2026-03-01", output, with_site=True)
        assert built.exit_code == 0, built.text
        nights.append((output / "current").resolve() / "public")
    return nights[0], nights[1]


AGREEMENT = (
    "agreement_id",
    "quota_year",
    "from_municipality_code",
    "to_municipality_code",
    "persons",
    "requested_date",
    "reconciled_date",
    "decision",
    "decided_date",
)
EVENT = ("event_id", "event_type", "event_date", "assignment_id", "municipality_code", "persons", "category")


SITE = {"ADDRESS": "https://example.se/plan", "PUBLISHER": "Utgivare & Co", "CONTACT": "plan@example.se"}


def test_a_site_with_an_address_says_where_it_is(two_releases: tuple[Path, Path]) -> None:
    _, public = two_releases
    head = head_of(public / "en" / "kommun" / ALMHULT / "2026.html")
    address = f"https://example.se/plan/en/kommun/{ALMHULT}/2026.html"
    assert f'<link rel="canonical" href="{address}">' in head
    assert f'<meta property="og:url" content="{address}">' in head
    assert f'hreflang="sv" href="{address.replace("/en/", "/")}"' in head
    listed = re.findall(r"<loc>https://example.se/plan/([^<]+)</loc>", (public / "sitemap.xml").read_text())
    assert f"kommun/{ALMHULT}/2026.html" in listed and "404.html" not in listed
    assert [name for name in listed if not (public / name).is_file()] == []
    assert "Sitemap: https://example.se/plan/sitemap.xml" in (public / "robots.txt").read_text()
    assert 'href="/plan/assets/site.css"' in (public / "404.html").read_text(encoding="utf-8")
    about = (public / "om.html").read_text(encoding="utf-8")
    assert "Utgivare &amp; Co" in about and "plan@example.se" in about


def test_an_address_that_is_none_is_refused(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "landing").mkdir()
    monkeypatch.setenv("ARSPLAN_SITE_ADDRESS", "example.se")
    built = build(tmp_path / "landing", "2026-03-01", tmp_path / "output")
    assert built.exit_code == 2
    assert "ARSPLAN_SITE_ADDRESS is 'example.se'" in built.text


def editions(public: Path, year: int) -> set[str]:
    return {path.name for path in (public / "documents" / str(year)).iterdir()} - {"latest"}


def test_old_plans_stay_at_their_address(two_releases: tuple[Path, Path]) -> None:
    before, after = two_releases
    assert editions(before, 2025) == editions(after, 2025)
    [first] = editions(before, 2026)
    [second] = editions(after, 2026) - {first}
    name = f"arsplanering-2026-{ALMHULT}.pdf"
    kept = (after / "documents" / "2026" / first / name).read_bytes()
    assert kept == (before / "documents" / "2026" / first / name).read_bytes()
    newest = (after / "documents" / "2026" / second / name).read_bytes()
    assert newest != kept
    assert (after / "documents" / "2026" / "latest" / name).read_bytes() == newest
    page = (after / "arsplanering" / "2026.html").read_text(encoding="utf-8")
    assert f"documents/2026/{first}/arsplanering-2026.pdf" in page


def test_outcomes_stay_as_they_are_within_a_public_month(two_releases: tuple[Path, Path]) -> None:
    """Whatever tells outcomes is the same, byte for byte, though one came late; the plan is that of the release."""
    before, after = two_releases
    tables = {"outcome_months", "outcome_years", "first_published_figures", "figure_origins"}
    outcomes = {
        file.relative_to(before) for file in [*before.rglob("kommun/**/*.html"), *before.rglob("lan/**/*.html")]
    }
    outcomes |= {file.relative_to(before) for file in before.rglob("20*.html") if "arsplanering" not in file.parts}
    outcomes |= {file.relative_to(before) for file in (before / "data").iterdir() if file.name.split(".")[0] in tables}
    outcomes |= {file.relative_to(before) for file in before.rglob("latest/*.xlsx")}
    assert len(outcomes) > 600
    assert [name for name in outcomes if (before / name).read_bytes() != (after / name).read_bytes()] == []
    plan = Path("arsplanering") / ALMHULT / "2026.html"
    assert "A7" in (after / plan).read_text(encoding="utf-8") and "A7" not in (before / plan).read_text(
        encoding="utf-8"
    )


def test_what_changed_is_told_with_its_cause(two_releases: tuple[Path, Path]) -> None:
    before, after = two_releases
    before, after = before.with_name("internal"), after.with_name("internal")
    assert "Det finns ingen tidigare" in (before / "andringar.html").read_text(encoding="utf-8")
    rows = duckdb.execute(f"from '{after}/data/changes.parquet'").fetchall()
    cells = {(row[0], row[3], None if row[2] is None else row[2].month): row[4:] for row in rows}
    assert cells[ALMHULT, "kommuntal", None] == (20, 26, "redistribution", "A7")
    assert cells[ALMHULT, "assigned", 1] == (None, 3, "assignment_log", None)
    planned = [cell for cell in cells if cell[0] == ALMHULT and cell[1] == "planned"]
    assert planned and all(cells[cell][2:] == ("redistribution", "A7") for cell in planned)
    assert {row[1] for row in rows} == {2026}
    assert all(row[4] != row[5] for row in rows)
    page = (after / "andringar.html").read_text(encoding="utf-8")
    assert re.search(
        r"Omfördelning: A7</h3>.*?Älmhult 2026</a></dt>\s*<dd>\s*Kommuntal:\s*hela året\s*<[^>]+>20 → <b>26<",
        page,
        re.S,
    )
    assert "Nya eller rättade händelser" in page


def test_an_undisturbed_night_changes_nothing(build: Build, two_releases: tuple[Path, Path]) -> None:
    _, after = two_releases
    output = after.parent.parent.parent
    built = build(output.parent / "landing", "2026-03-01", output)
    assert editions((output / "current").resolve() / "public", 2026) == editions(after, 2026)
    built = build(output.parent / "landing", "2026-03-01", output, with_site=True)
    assert built.exit_code == 0, built.text
    public = (output / "current").resolve() / "public"
    assert editions(public, 2026) == editions(after, 2026)
    assert "Inget har ändrats." in (public.with_name("internal") / "andringar.html").read_text(encoding="utf-8")
