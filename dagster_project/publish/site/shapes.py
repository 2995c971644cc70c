"""The municipalities' shapes as SVG paths of whole numbers, made once per build and used by every view of the map."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import atan2, atanh, cos, radians, sin, tan
from typing import Any

from dagster_project.settings import MUNICIPALITY_SHAPES_FILE

_MERIDIAN = 16.5  # degrees east; the middle of Sweden
_HEIGHT = 1600  # units from north to south, about 1 km each: finer than a pixel of the map

Point = tuple[int, int]
Ring = list[Point]


@dataclass(frozen=True)
class Shapes:
    """Paths by municipality code, by county the codes within, the borders between counties, and the extent in units."""

    paths: dict[str, str]
    counties: dict[str, list[str]]
    borders: str
    width: int
    height: int


@cache
def map_shapes() -> Shapes:
    """Shapes in the register's order, projected (transverse Mercator) and laid on a grid.

    Neighbours share their points, so laying points on a grid and dropping repeated ones opens no gaps.
    """
    features = json.loads(MUNICIPALITY_SHAPES_FILE.read_text(encoding="utf-8"))["features"]
    projected = {feature["id"]: _projected(feature["geometry"]) for feature in features}
    points = [point for rings in projected.values() for ring in rings for point in ring]
    left, top = (min(point[axis] for point in points) for axis in (0, 1))
    right, bottom = (max(point[axis] for point in points) for axis in (0, 1))
    scale = _HEIGHT / (bottom - top)
    rings = {
        code: [_on_grid([((x - left) * scale, (y - top) * scale) for x, y in ring]) for ring in rings]
        for code, rings in projected.items()
    }
    counties: dict[str, list[str]] = {}
    for code in rings:
        counties.setdefault(code[:2], []).append(code)
    paths = {code: "".join(_path(ring, is_closed=True) for ring in own) for code, own in rings.items()}
    return Shapes(paths, counties, _county_borders(rings), round((right - left) * scale), _HEIGHT)


def _projected(geometry: dict[str, Any]) -> list[list[tuple[float, float]]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[_project(*point) for point in ring] for polygon in polygons for ring in polygon]


def _project(longitude: float, latitude: float) -> tuple[float, float]:
    """Transverse Mercator on a sphere; y grows southwards, as on a screen."""
    east, north = radians(longitude - _MERIDIAN), radians(latitude)
    return atanh(cos(north) * sin(east)), -atan2(tan(north), cos(east))


def _on_grid(ring: list[tuple[float, float]]) -> Ring:
    rounded = [(round(x), round(y)) for x, y in ring]
    kept = [rounded[0], *(after for before, after in pairwise(rounded) if after != before)]
    return kept if len(kept) > 3 else []


def _path(ring: Ring, is_closed: bool = False) -> str:
    """A path of relative steps: the shortest way to write it."""
    if not ring:
        return ""
    steps = "".join(f" {x - u} {y - v}" for (u, v), (x, y) in pairwise(ring[:-1] if is_closed else ring))
    text = f"M{ring[0][0]} {ring[0][1]}l{steps[1:]}{'z' if is_closed else ''}"
    return text.replace(" -", "-")


def _county_borders(rings: dict[str, list[Ring]]) -> str:
    """One path along every border between two counties, each stretch drawn once."""
    owners: dict[frozenset[Point], set[str]] = {}
    for code, own in rings.items():
        for edge in (frozenset(edge) for ring in own for edge in pairwise(ring)):
            owners.setdefault(edge, set()).add(code[:2])
    return "".join(_path(line) for own in rings.values() for ring in own for line in _lines_along(ring, owners))


def _lines_along(ring: Ring, owners: dict[frozenset[Point], set[str]]) -> list[Ring]:
    """The stretches of a ring that part two counties; those taken are forgotten, so that the neighbour skips them."""
    lines: list[Ring] = [[]]
    for edge in pairwise(ring):
        if len(owners.pop(frozenset(edge), ())) < 2:
            lines.append([])
        else:
            lines[-1] += edge[1:] if lines[-1] else edge
    return [line for line in lines if line]
