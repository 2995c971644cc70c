"""Charts and map as Vega-Lite specifications, and the scripts that show them; figures come from each page's tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import altair as alt
import vl_convert

from dagster_project.language import Language
from dagster_project.settings import MUNICIPALITY_SHAPES_FILE

# Fields that site.js takes from a table's columns by their data-field.
_ROWS = alt.NamedData(name="rows")
_SHAPES = alt.NamedData(name="shapes")
_MAP_DECIMALS = 2  # about 1 km: finer than a pixel of the map


def vega_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that asks no other host."""
    code: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return code


def chart_script(language: Language) -> str:
    """A script that names every specification, with the language's words."""
    word = language.texts["word"]
    specifications = {
        "months": _months(word),
        "cumulative": _cumulative(word),
        "quota": _quota(word, [("kommuntal", word["kommuntal"]), ("lanstal", word["lanstal"])]),
        "kommuntal": _quota(word, [("kommuntal", word["kommuntal"])]),
        "map": _map(alt.Scale(scheme="blues")),
        "map_signed": _map(alt.Scale(scheme="purpleorange", domainMid=0)),
    }
    content = {name: chart.to_dict() for name, chart in specifications.items()}
    return f"window.arsplanCharts = {json.dumps(content, ensure_ascii=False)};\n"


def map_script() -> str:
    """A script with the shapes of the municipalities: id and geometry, rings in the order that Vega draws them."""
    collection = json.loads(MUNICIPALITY_SHAPES_FILE.read_text(encoding="utf-8"))
    shapes = [
        {"type": "Feature", "id": feature["id"], "geometry": _drawn(feature["geometry"])}
        for feature in collection["features"]
    ]
    return f"window.arsplanShapes = {json.dumps(shapes, separators=(',', ':'))};\n"


def _drawn(geometry: dict[str, Any]) -> dict[str, Any]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return {
        "type": "MultiPolygon",
        "coordinates": [
            [_ring(ring, clockwise=position == 0) for position, ring in enumerate(polygon)] for polygon in polygons
        ],
    }


def _ring(ring: list[list[float]], clockwise: bool) -> list[list[float]]:
    """D3 takes a clockwise ring as an outline, and a counter-clockwise one as everything outside it."""
    doubled_area = sum((after[0] - before[0]) * (after[1] + before[1]) for before, after in pairwise(ring))
    rounded = [[round(x, _MAP_DECIMALS), round(y, _MAP_DECIMALS)] for x, y in ring]
    kept = [point for position, point in enumerate(rounded) if position == 0 or point != rounded[position - 1]]
    return kept if (doubled_area > 0) == clockwise else kept[::-1]


def _series(chart: alt.Chart, fields: list[tuple[str, str]]) -> tuple[alt.Chart, alt.Scale]:
    """Turn columns into rows of series and persons; the scale keeps the series' order."""
    names = dict(fields)
    folded = chart.transform_fold(list(names), as_=["field", "persons"]).transform_calculate(
        series=f"{json.dumps(names, ensure_ascii=False)}[datum.field]"
    )
    return folded, alt.Scale(domain=list(names.values()))


def _legend() -> alt.Legend:
    return alt.Legend(title=None, orient="top")


def _tooltips(word: Mapping[str, str], label: str, title: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip(f"{label}:N", title=title),
        alt.Tooltip("series:N", title=word["figure"]),
        alt.Tooltip("persons:Q", title=word["persons"]),
    ]


def _months(word: Mapping[str, str]) -> alt.LayerChart:
    """Planned and assigned net side by side, received as points."""
    x = alt.X("month:N", sort=None, title=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y("persons:Q", title=word["persons"])
    fields = [("planned", word["planned"]), ("net", word["net"]), ("received", word["received"])]
    chart, scale = _series(alt.Chart(_ROWS), fields)
    colour = alt.Color("series:N", scale=scale, legend=_legend())
    bars = (
        chart.transform_filter("datum.field != 'received'")
        .mark_bar(cornerRadiusEnd=1)
        .encode(x=x, y=y, xOffset=alt.XOffset("series:N", scale=scale), color=colour)
    )
    points = (
        chart.transform_filter("datum.field == 'received' && isValid(datum.persons)")
        .mark_point(shape="diamond", filled=True, size=70, opacity=1)
        .encode(x=x, y=y, color=colour)
    )
    tooltips = _tooltips(word, "month", word["month"])
    finished: alt.LayerChart = (bars + points).encode(tooltip=tooltips).properties(width="container", height=260)
    return finished


def _cumulative(word: Mapping[str, str]) -> alt.Chart:
    """The plan as a dashed line, net assignments as a solid one."""
    fields = [("cumulative_planned", word["cumulative_planned"]), ("cumulative_net", word["cumulative_net"])]
    chart, scale = _series(alt.Chart(_ROWS), fields)
    encoded = chart.mark_line(point=True, strokeWidth=2.5).encode(
        x=alt.X("month:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("persons:Q", title=word["persons"]),
        color=alt.Color("series:N", scale=scale, legend=_legend()),
        strokeDash=alt.StrokeDash("series:N", scale=alt.Scale(domain=scale.domain, range=[[5, 4], [1, 0]])),
        tooltip=_tooltips(word, "month", word["month"]),
    )
    finished: alt.Chart = encoded.properties(width="container", height=220)
    return finished


def _quota(word: Mapping[str, str], fields: list[tuple[str, str]]) -> alt.Chart:
    """Quotas as level lines, each from the day on which it came into force to its last."""
    chart, scale = _series(alt.Chart(_ROWS), fields)
    encoded = (
        chart.transform_filter("isValid(datum.persons)")
        .mark_rule(strokeWidth=3, strokeCap="butt")
        .encode(
            x=alt.X("from:T", title=None, axis=alt.Axis(format="%Y", tickCount={"interval": "year", "step": 1})),
            x2="to:T",
            y=alt.Y("persons:Q", title=word["persons"]),
            color=alt.Color("series:N", scale=scale, legend=_legend()),
            strokeDash=alt.StrokeDash("series:N", scale=alt.Scale(domain=scale.domain, range=[[1, 0], [5, 4]])),
            tooltip=[
                alt.Tooltip("series:N", title=word["figure"]),
                alt.Tooltip("persons:Q", title=word["persons"]),
                alt.Tooltip("from:T", title=word["from"], format="%Y-%m-%d"),
                alt.Tooltip("to:T", title=word["to"], format="%Y-%m-%d"),
            ],
        )
    )
    finished: alt.Chart = encoded.properties(width="container", height=220)
    return finished


def _map(scale: alt.Scale) -> alt.Chart:
    """The municipalities, coloured by the measure that the reader chose; site.js links each to its page."""
    measure = alt.param(name="measure", value="fulfilment")
    finished: alt.Chart = (
        alt.Chart(_SHAPES)
        .mark_geoshape(stroke="#888", strokeWidth=0.3, cursor="pointer", invalid=None)
        .transform_lookup(lookup="id", from_=alt.LookupData(_ROWS, key="code"), as_="row")
        .transform_calculate(
            value="isValid(datum.row) ? datum.row[measure] : null",
            area="isValid(datum.row) ? datum.row.area : datum.id",
            status="isValid(datum.row) ? datum.row.status : ''",
            page="isValid(datum.row) ? datum.row.page : ''",
            text="isValid(datum.row) ? datum.row[measure + '_text'] : ''",
        )
        .encode(
            color=alt.Color("value:Q", scale=scale, legend=alt.Legend(orient="top-left", titleLimit=260, tickCount=4)),
            tooltip=[
                alt.Tooltip("area:N", title=" "),
                alt.Tooltip("text:N", title="  "),
                alt.Tooltip("status:N", title="   "),
            ],
        )
        .project("transverseMercator", rotate=[-16.5, 0, 0])
        .add_params(measure)
        .properties(width="container", height=640)
        .configure_scale(invalid={"color": {"value": "#bbb"}})  # a municipality without a figure is grey
    )
    return finished
