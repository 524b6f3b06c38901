"use strict";
(function () {
  const specs = JSON.parse(document.getElementById("chart-specs").textContent);
  const options = { actions: false, ast: true, renderer: "svg", mode: "vega-lite", defaultStyle: false };
  for (const [name, spec] of Object.entries(specs)) {
    const place = document.getElementById("chart-" + name);
    if (!place) continue;
    window.vegaEmbed(place, spec, options).then(function (drawn) {
      new ResizeObserver(function () { drawn.view.resize().runAsync(); }).observe(place);
    }).catch(function (error) {
      place.textContent = "This chart could not be drawn; its numbers are below. (" + error.message + ")";
    });
  }
})();
