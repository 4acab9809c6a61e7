// The three charts, drawn anew for what is asked for, the width and the colour scheme.
"use strict";
const charts = (() => {
  const { data, looks, wanted, quantile, shown, clock, look, described, element } = omni;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const quantiles = [[0.5, "median", "solid"], [0.9, "90 %", "dashed"], [0.99, "99 %", "dotted"]];
  const steps = [60e3, 300e3, 900e3, 3600e3, 4 * 3600e3, 86400e3, 7 * 86400e3, 30 * 86400e3, 365 * 86400e3];
  const drawn = {};
  let stepping = { order: [], at: -1, series: new Map() };

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (kind) => looks[kind][dark.matches ? "dark" : "light"];

  function chart(id) {
    const host = document.getElementById(id);
    const label = host.getAttribute("aria-label");
    drawn[id]?.dispose();
    if (label) host.setAttribute("aria-label", label);
    drawn[id] = echarts.init(host, null, { renderer: "canvas" });
    return drawn[id];
  }

  function tip(i) {
    const box = element("div", undefined, { class: "tip" });
    box.append(element("b", `${look(i).sign} ${look(i).says} (${data.states[data.state[i]]})`));
    const lines = [clock(data.at[i]), shown(data.took[i]) && `took ${shown(data.took[i])}`, data.ref[i], data.notes[data.note[i]]];
    for (const line of lines.filter(Boolean)) box.append(element("div", line));
    return box;
  }

  function base(kinds) {
    const ink = css("--ink"), line = css("--line");
    return {
      useUTC: true, darkMode: dark.matches, backgroundColor: "transparent", animation: false,
      textStyle: { color: ink, fontFamily: "system-ui, sans-serif" },
      color: kinds.map(colour),
      tooltip: {
        confine: true, backgroundColor: css("--paper"), borderColor: line, textStyle: { color: ink },
      },
      _axis: {
        axisLine: { lineStyle: { color: line } }, axisLabel: { color: css("--faint"), hideOverlap: true },
        splitLine: { lineStyle: { color: line, opacity: 0.5 } }, nameTextStyle: { color: css("--faint") },
      },
    };
  }

  const short = (text, most) => (text.length > most ? `${text.slice(0, most / 2)}…${text.slice(-most / 2 + 1)}` : text);
  const narrow = () => document.documentElement.clientWidth < 640;
  const size = (count) => (count > 4000 ? 6 : count > 800 ? 8 : 11);
  const seeThrough = (count) => (count > 4000 ? 0.45 : count > 800 ? 0.65 : 0.85); // where marks lie on marks
  const FEW = 5; // of so few runs a percentile is just one of them

  function zoom() {
    return [
      { type: "inside", xAxisIndex: 0, zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, preventDefaultMouseMove: false },
      { type: "slider", xAxisIndex: 0, height: 18, bottom: 8, borderColor: css("--line"), textStyle: { color: css("--faint") }, brushSelect: false },
    ];
  }

  function scatter(runs, point, opacity = 0.85) {
    const series = new Map();
    for (const i of runs) {
      const value = point(i);
      if (value === null) continue;
      const kind = data.kinds[data.kind[i]];
      if (!series.has(kind)) {
        series.set(kind, {
          type: "scatter", name: looks[kind].says, symbol: looks[kind].symbol, symbolSize: size(runs.length),
          itemStyle: { color: colour(kind), opacity }, data: [],
          progressive: 0, // drawn in pieces, it would still be at it when the width changes, and fail
          z: 3, emphasis: { scale: 2, itemStyle: { opacity: 1, borderColor: css("--ink"), borderWidth: 1.5 } },
        });
      }
      series.get(kind).data.push({ value, run: i });
    }
    const rank = (kind) => data.kinds.indexOf(kind); // what went well lies below
    return [...series].sort(([a], [b]) => rank(a) - rank(b)).map(([, made]) => made);
  }

  // One lane per target, in it a line per kind; with one target, one lane per kind. So no kind hides another.
  function timeline(runs) {
    const one = wanted.target >= 0 || data.targets.length === 1;
    const kinds = data.kinds.filter((_, k) => runs.some((i) => data.kind[i] === k)).reverse();
    const used = [...new Set(runs.map((i) => data.target[i]))].sort((a, b) => b - a);
    const lanes = one ? kinds.map((kind) => looks[kind].says) : used.map((t) => data.targets[t]);
    const lane = one ? (i) => kinds.indexOf(data.kinds[data.kind[i]]) : (i) => used.indexOf(data.target[i]);
    const host = document.getElementById("timeline");
    host.style.height = `${Math.max(180, 110 + lanes.length * (one ? 34 : 56))}px`;
    const beside = (i) => (one || kinds.length < 2 ? 0 : (0.7 * kinds.indexOf(data.kinds[data.kind[i]])) / (kinds.length - 1) - 0.35);
    const series = scatter(runs, (i) => (data.at[i] === null ? null : [data.at[i], lane(i) + beside(i)]));
    const { _axis, ...rest } = base(kinds);
    const untimed = runs.filter((i) => data.at[i] === null).length;
    host.setAttribute("aria-label", `Timeline of ${runs.length} runs` + (untimed ? `, ${untimed} of them without a time` : ""));
    host.setAttribute("role", "group");
    const made = chart("timeline");
    made.setOption({
      ...rest, series, dataZoom: zoom(),
      tooltip: { ...rest.tooltip, formatter: (point) => tip(point.data.run) },
      grid: { left: 8, right: 16, top: 10, bottom: 56, containLabel: true },
      xAxis: { type: "time", ..._axis, axisLine: { ..._axis.axisLine, onZero: false } },
      yAxis: {
        type: "value", min: -0.5, max: lanes.length - 0.5, ..._axis, splitLine: { show: false }, axisTick: { show: false },
        axisLabel: {
          color: css("--ink"), customValues: lanes.map((_, place) => place),
          formatter: (place) => short(lanes[place] ?? "", narrow() ? 16 : 44),
        },
      },
    });
    stepping = { order: runs.filter((i) => data.at[i] !== null), at: -1, series: new Map() };
    series.forEach((one, s) => one.data.forEach((point, d) => stepping.series.set(point.run, [s, d])));
  }

  // Step to the next run, or back; gives the run, which is told to those who don't see it.
  function step(by) {
    const { order, series } = stepping;
    if (!order.length) return null;
    const from = stepping.at < 0 && by < 0 ? order.length : stepping.at;
    stepping.at = Math.min(order.length - 1, Math.max(0, from + by));
    const run = order[stepping.at], [seriesIndex, dataIndex] = series.get(run);
    drawn.timeline.dispatchAction({ type: "downplay" });
    drawn.timeline.dispatchAction({ type: "highlight", seriesIndex, dataIndex });
    drawn.timeline.dispatchAction({ type: "showTip", seriesIndex, dataIndex });
    return run;
  }
  const current = () => (stepping.at < 0 ? null : stepping.order[stepping.at]);

  function percentiles(timed) {
    const first = data.at[timed[0]], last = data.at[timed[timed.length - 1]];
    const step_ = steps.find((each) => (last - first) / each <= 48) ?? steps[steps.length - 1];
    const buckets = new Map();
    for (const i of timed) {
      const start = Math.floor(data.at[i] / step_) * step_;
      if (!buckets.has(start)) buckets.set(start, []);
      buckets.get(start).push(data.took[i]);
    }
    for (const values of buckets.values()) values.sort((a, b) => a - b);
    return { step: step_, buckets };
  }

  function durations(runs) {
    const timed = runs.filter((i) => omni.took(i) !== null && data.at[i] !== null);
    const hint = document.getElementById("took-hint"), host = document.getElementById("durations");
    hint.textContent = timed.length
      ? `${timed.length.toLocaleString("en")} of ${omni.counted(runs.length)} ${timed.length === 1 ? "says how long it" : "say how long they"} took; skipped ones are left out.`
      : "None of these runs say how long they took: their provider's list gives no end.";
    host.hidden = !timed.length;
    if (!timed.length) return;
    const { buckets, step: step_ } = percentiles(timed);
    const few = timed.length < FEW;
    if (!few) hint.textContent += ` The lines are percentiles over ${shown(step_ / 1000)} each.`;
    const took = timed.map((i) => data.took[i]).sort((a, b) => a - b);
    const spread = took[took.length - 1] / Math.max(took[0], 0.001) > 100 && took[0] > 0;
    const { _axis, ...rest } = base([]);
    const middle = (data.at[timed[0]] + data.at[timed[timed.length - 1]]) / 2;
    const lines = few ? [] : quantiles.map(([share, name, type]) => ({
      type: "line", name, symbol: "none", lineStyle: { type, width: 2.5, color: css("--ink") }, itemStyle: { color: css("--ink") },
      data: [...buckets].map(([start, values]) => [buckets.size === 1 ? middle : start + step_ / 2, quantile(values, share)]),
      silent: true, z: 4,
      showSymbol: buckets.size === 1, ...(buckets.size === 1 ? { symbol: "rect", symbolSize: [26, 3] } : {}),
    }));
    chart("durations").setOption({
      ...rest, dataZoom: zoom(),
      series: [...scatter(timed, (i) => [data.at[i], data.took[i]], seeThrough(timed.length)), ...lines],
      legend: { show: !few, data: quantiles.map(([, name]) => name), textStyle: { color: css("--ink") }, top: 0, itemWidth: 40, selectedMode: false },
      tooltip: { ...rest.tooltip, formatter: (point) => (point.data.run === undefined ? "" : tip(point.data.run)) },
      grid: { left: 8, right: 16, top: 36, bottom: 56, containLabel: true },
      xAxis: { type: "time", ..._axis },
      yAxis: { type: spread ? "log" : "value", ..._axis, axisLabel: { ..._axis.axisLabel, formatter: (s) => shown(s) } },
    });
    host.setAttribute("role", "img");
    host.setAttribute("aria-label", `Durations: ${quantiles.map(([share, name]) => `${name} ${shown(quantile(took, share))}`).join(", ")}`);
  }

  function counts(runs) {
    const used = [...new Set(runs.map((i) => data.target[i]))].sort((a, b) => b - a);
    const kinds = data.kinds.filter((_, k) => runs.some((i) => data.kind[i] === k));
    const host = document.getElementById("counts");
    host.style.height = `${90 + used.length * 40}px`;
    const { _axis, ...rest } = base(kinds);
    const found = new Map();
    for (const i of runs) {
      const key = `${data.target[i]} ${data.kinds[data.kind[i]]}`;
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    const count = (t, kind) => found.get(`${t} ${kind}`) ?? 0;
    chart("counts").setOption({
      ...rest, aria: { enabled: true, label: { enabled: false }, decal: { show: true } },
      legend: { textStyle: { color: css("--ink") }, top: 0, type: "scroll", pageTextStyle: { color: css("--ink") }, pageIconColor: css("--ink"), pageIconInactiveColor: css("--line") },
      tooltip: { ...rest.tooltip, formatter: (bar) => element("div", `${bar.seriesName}: ${bar.value.toLocaleString("en")}`) },
      grid: { left: 8, right: 24, top: 36, bottom: 8, containLabel: true },
      xAxis: { type: "value", minInterval: 1, ..._axis },
      yAxis: { type: "category", data: used.map((t) => data.targets[t]), ..._axis,
        axisLabel: { color: css("--ink"), interval: 0, formatter: (name) => short(name, narrow() ? 16 : 44) } },
      series: kinds.map((kind) => ({
        type: "bar", stack: "runs", name: looks[kind].says, data: used.map((t) => count(t, kind)), barMaxWidth: 24,
        itemStyle: { color: colour(kind), borderColor: css("--paper"), borderWidth: 1 },
      })),
    });
    host.setAttribute("role", "img");
    host.setAttribute("aria-label", `How ${runs.length} runs ended: ` +
      kinds.map((kind) => `${looks[kind].says} ${runs.filter((i) => data.kinds[data.kind[i]] === kind).length}`).join(", "));
  }

  function draw(runs) {
    stepping = { order: [], at: -1, series: new Map() };
    if (!runs.length) return;
    timeline(runs);
    durations(runs);
    counts(runs);
  }
  const resize = () => Object.values(drawn).forEach((each) => each.isDisposed() || each.resize());
  return { draw, resize, step, current, described, dark, percentiles };
})();
