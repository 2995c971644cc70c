"""Night after night on top of the release before gives, byte for byte, what a build from nothing gives."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from conftest import Build, Built

from dagster_project.ingest import taken_over
from dagster_project.simulate import write_large_log

QUICK_SEEDS = (1,)
LONG_SEEDS = range(100, 120)
# With new decisions none, a request that comes to await one, and more of everything.
NIGHTS = ("2024-06-30", "2024-09-15", "2024-10-20", "2026-03-31")
LEFT_ALONE = "2024-09-15"
REQUESTS = {
    "redistributions": """\
agreement_id,quota_year,from_municipality_code,to_municipality_code,persons,requested_date,reconciled_date,decision,decided_date,in_force_date
decided,2024,0180,0127,2,2024-02-01,2024-02-10,approved,2024-03-01,2024-04-01
awaits one later,2024,0127,0180,1,2024-10-01,,,,
""",
    "change_requests": """\
request_id,municipality_code,quota_year,plan_month,wished_persons,requested_date,decision,decided_date
decided,0180,2024,2024-05-01,5,2024-02-01,accepted,2024-02-15
awaits one later,0127,2024,2024-12-01,0,2024-10-05,,
""",
}
# No order holds in these; everything else of a release is compared as files.
SCHEMAS = ("raw", "intermediate", "marts")


@pytest.fixture(autouse=True)
def _any_size_is_worthwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taken_over, "WORTHWHILE_BYTES", 0)


def corrections(rng: random.Random, log: pl.DataFrame, count: int) -> pl.DataFrame:
    """Rows of the log anew, with something else in one column; a few were recorded before what they correct."""
    rows = log.sample(count, seed=rng.randrange(2**30)).to_dicts()
    ids = log.filter(event_type="cancelled")["assignment_id"].unique().sort().to_list()
    places = log["municipality_code"].drop_nulls().unique().sort().to_list()
    for row in rows:
        row["recorded_at"] += timedelta(days=rng.choice([-900, 900, 900, 900]))
        match rng.randrange(7):
            case 0:
                row["event_type"] = "retracted"
            case 1:
                row["event_date"] += timedelta(days=rng.randrange(-400, 400))
            case 2:
                row["assignment_id"] = rng.choice(ids)
            case 3 if row["event_type"] == "assigned":
                row["municipality_code"] = rng.choice(places)
            case 4 | 5 if row["event_type"] == "assigned":
                row["replaces"] = rng.choice([None, rng.choice(ids), ";".join(rng.sample(ids, 2))])
            case _ if row["event_type"] in ("cancelled", "received"):
                row["event_type"] = "received" if row["event_type"] == "cancelled" else "cancelled"
            case _:
                row["persons"] = rng.randrange(1, 9)
    return pl.DataFrame(rows, schema=log.schema)


def corrected_decisions(rng: random.Random, folder: Path, night: int) -> Path:
    """Some decisions on kommuntal once more, with more persons than before."""
    decisions = folder / "quota_decisions" / "simulated.csv"
    rows = pl.read_csv(decisions, infer_schema=False).filter(level="kommuntal").sample(20, seed=rng.randrange(2**30))
    file = folder / "quota_decisions" / f"z-corrections-{night}.csv"
    rows.with_columns((pl.col("persons").cast(pl.Int64) + night).cast(pl.String)).write_csv(file)
    return file


def deliveries(seed: int, folder: Path) -> Iterator[list[Path]]:
    """The files of a simulated world as they come night after night, some late, with corrections and repetitions."""
    rng = random.Random(seed)
    write_large_log(folder, 20_000, seed)
    monthly = sorted((folder / "assignment_log").glob("*.parquet"))
    log = pl.concat(pl.read_parquet(file) for file in monthly)
    late = rng.sample(monthly, 6)
    for feed, rows in REQUESTS.items():
        (folder / feed).mkdir()
        (folder / feed / "requests.csv").write_text(rows)
    decided = [file for feed in ("quota_decisions", *REQUESTS) for file in (folder / feed).iterdir()]
    yield [*decided, *(file for file in monthly if file not in late)]
    for night in range(1, len(NIGHTS)):
        corrected = folder / "assignment_log" / f"{rng.choice('0az')}-corrections-{night}.parquet"
        corrections(rng, log, 300).write_parquet(corrected)
        # What comes first makes rows of older files duplicates, also such as were superseded.
        again = folder / "assignment_log" / f"{'0' if night == 2 else 'zz'}-again-{night}.parquet"
        log.sample(1000, seed=seed + night).write_parquet(again)
        came = [*late[night - 1 :: len(NIGHTS) - 1], corrected, again]
        yield came if night < len(NIGHTS) - 1 else [*came, corrected_decisions(rng, folder, night)]


def bytes_of_marts(built: Built) -> dict[str, str]:
    parquet = (built.output / "current").resolve() / "parquet"
    return {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in parquet.iterdir()}


def differing_tables(one: Built, other: Built) -> list[str]:
    """Tables of the two warehouses that do not hold the same rows."""
    with duckdb.connect() as both:
        for name, built in (("one", one), ("other", other)):
            both.execute(f"attach '{(built.output / 'current').resolve()}/warehouse.duckdb' as {name} (read_only)")
        tables = {
            name: set(
                both.execute(
                    "select schema_name || '.' || table_name from duckdb_tables() "
                    "where database_name = ? and schema_name in ?",
                    [name, SCHEMAS],
                ).fetchall()
            )
            for name in ("one", "other")
        }
        assert tables["one"] == tables["other"]
        differs = "select count(*) from (({a} except all {b}) union all ({b} except all {a}))"
        return [
            table
            for (table,) in sorted(tables["one"])
            if both.execute(differs.format(a=f"from one.{table}", b=f"from other.{table}")).fetchone() != (0,)
        ]


def views(built: Built) -> list[tuple[str, ...]]:
    """Every view with its SQL, which names the as-of date."""
    with duckdb.connect(str((built.output / "current").resolve() / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute("select view_name, sql from duckdb_views() where not internal order by all").fetchall()


def left_as_they_were(built: Built) -> int:
    found = re.search(r"(\d+) left as they were", built.text)
    return int(found[1]) if found else 0


def compare(seed: int, build: Build, folder: Path) -> None:
    landing = folder / "landing"
    for as_of, files in zip(NIGHTS, deliveries(seed, folder / "all"), strict=True):
        for file in files:
            (landing / file.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, landing / file.parent.name / file.name)
        night = build(landing, as_of, folder / "night")
        anew = build(landing, as_of, folder / "anew", anew=True)
        assert (night.exit_code, anew.exit_code) == (0, 0), night.text + anew.text
        assert ("on top of the release" in night.text) == (as_of != NIGHTS[0])
        assert left_as_they_were(anew) == 0
        if as_of != NIGHTS[0]:
            # Besides what is made of the register only.
            assert (left_as_they_were(night) > 20) == (as_of == LEFT_ALONE)
        assert "everything anew" in anew.text
        # What is touched is nothing that anybody reads.
        touched = {"raw.touched_assignments", "intermediate.int_affected_events"}
        assert set(differing_tables(night, anew)) == (touched if as_of != NIGHTS[0] else set())
        assert views(night) == views(anew)
        assert bytes_of_marts(night) == bytes_of_marts(anew), as_of


@pytest.mark.parametrize("seed", QUICK_SEEDS)
def test_every_mart_is_as_if_built_anew(
    seed: int, build: Build, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    compare(seed, build, tmp_path)
    # Of tests that are left alone Dagster gets to know, too.
    assert not [record for record in caplog.records if record.name.startswith("dagster")]


@pytest.mark.long
@pytest.mark.parametrize("seed", LONG_SEEDS)
def test_every_mart_is_as_if_built_anew_on_many_logs(seed: int, build: Build, tmp_path: Path) -> None:
    compare(seed, build, tmp_path)
