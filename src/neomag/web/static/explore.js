// The chart of intervals by age, drawn from the table that stands below it, with this infant's level in it.
"use strict";
window.exploreIntervals = (part) => {
  const place = part.querySelector(".chart");
  const rows = [...part.querySelectorAll("tr[data-start]")].map((row) => ({
    authority: row.dataset.authority,
    start: Number(row.dataset.start),
    end: Math.min(Number(row.dataset.end), 760),
    low: Number(row.dataset.low),
    high: Number(row.dataset.high),
  }));
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const age = { field: "start", type: "quantitative", title: part.dataset.ageTitle, scale: { type: "symlog", constant: 5, domain: [0, 760], nice: false }, axis: { values: [1, 7, 28, 90, 180, 365, 730] } };
  const authority = { field: "authority", type: "nominal", title: part.dataset.authorityTitle, scale: { scheme: "tableau20" } };
  const data = { values: rows.filter((row) => row.start < 760) };
  // A line for each limit; the band between them is filled for the authority that is chosen in the legend.
  const limit = (side) => ({
    data,
    mark: { type: "rule", strokeWidth: 2, tooltip: true },
    encoding: {
      x: age,
      x2: { field: "end" },
      y: { field: side, type: "quantitative", title: part.dataset.levelTitle },
      color: authority,
      opacity: { condition: { param: "authority", value: 1 }, value: 0.12 },
    },
  });
  const layers = [
    {
      data,
      params: [{ name: "authority", select: { type: "point", fields: ["authority"] }, bind: "legend" }],
      mark: { type: "rect", tooltip: true },
      encoding: {
        x: age,
        x2: { field: "end" },
        y: { field: "low", type: "quantitative", title: part.dataset.levelTitle },
        y2: { field: "high" },
        color: authority,
        opacity: { condition: { param: "authority", value: 0.3, empty: false }, value: 0.03 },
      },
    },
    limit("low"),
    limit("high"),
  ];
  if (part.dataset.level) {
    layers.push({
      data: { values: [{ age: Number(part.dataset.age), level: Number(part.dataset.level) }] },
      mark: { type: "point", filled: true, size: 140, color: colour("--emergency"), tooltip: true },
      encoding: { x: { field: "age", type: "quantitative" }, y: { field: "level", type: "quantitative" } },
    });
  }
  const ink = colour("--ink");
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: part.dataset.summary,
    width: Math.max(220, part.clientWidth - 70),
    height: 280,
    layer: layers,
    config: {
      background: "transparent",
      font: style.getPropertyValue("--sans").trim(),
      view: { stroke: colour("--line") },
      axis: { labelColor: ink, titleColor: ink, gridColor: colour("--line"), domainColor: colour("--line"), tickColor: colour("--line") },
      legend: { labelColor: ink, titleColor: ink, symbolOpacity: 1, orient: "bottom", columns: part.clientWidth < 500 ? 2 : 4 },
    },
  };
  place.hidden = false;
  // The page's policy forbids eval and styles in the page: expressions are interpreted, and nothing is styled by the library.
  return window.vegaEmbed(place, spec, { ast: true, renderer: "canvas", actions: false, defaultStyle: false, tooltip: { disableDefaultStyle: true } });
};
