// The page at work: what is asked for by the filters, and everything drawn for it.
"use strict";
(() => {
  const { data, looks, wanted, asked, quantile, shown, clock, element } = omni;
  const find = (id) => document.getElementById(id);
  const number = (n) => n.toLocaleString("en");
  const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(part && part < whole ? 1 : 0)} %` : "");

  function head() {
    const { targets } = data;
    find("heading").textContent = targets.length === 1 ? `Runs of ${targets[0]}` : `Runs of ${number(targets.length)} targets`;
    const times = data.at.filter((at) => at !== null);
    const [first, last] = times.reduce(([low, high], at) => [Math.min(low, at), Math.max(high, at)], [Infinity, -Infinity]);
    const from = data.since ?? (times.length ? first : null), to = data.until ?? (times.length ? last : null);
    find("scope").textContent = omni.counted(data.ref.length) + (from === null ? "" : ` from ${clock(from)}`) + (to === null ? "" : ` to ${clock(to)}`) + (from === null && to === null ? "" : " UTC");
    find("made").textContent = `${clock(data.made_at)} UTC`;
    data.problems.forEach((problem, place) => {
      if (problem === null) return;
      find("problems").hidden = false;
      find("problems").append(element("li", `${targets[place]}: ${problem}`));
    });
  }

  function filters() {
    data.kinds.forEach((kind, place) => {
      const count = data.kind.filter((each) => each === place).length;
      if (!count) return;
      wanted.kinds.add(place);
      const button = element("button", undefined, { type: "button", "aria-pressed": "true", "data-kind": kind });
      button.append(element("span", looks[kind].sign, { class: "mark", "aria-hidden": "true", "data-kind": kind }), ` ${looks[kind].says} `, element("span", number(count), { class: "faint" }));
      button.addEventListener("click", () => {
        if (!wanted.kinds.delete(place)) wanted.kinds.add(place);
        draw();
      });
      find("kinds").append(button);
    });
    if (data.targets.length > 1) {
      find("target-filter").hidden = false;
      find("target").append(element("option", "all", { value: "-1" }), ...data.targets.map((name, place) => element("option", name, { value: place })));
    }
    find("target").addEventListener("change", () => { wanted.target = Number(find("target").value); draw(); });
    let soon;
    find("search").addEventListener("input", () => {
      clearTimeout(soon);
      soon = setTimeout(() => { wanted.text = find("search").value.trim().toLowerCase(); draw(); }, 150);
    });
    find("reset").addEventListener("click", () => {
      data.kind.forEach((place) => wanted.kinds.add(place));
      wanted.target = -1;
      wanted.text = "";
      find("search").value = "";
      find("target").value = "-1";
      draw();
    });
  }

  function pressed() {
    for (const button of find("kinds").children)
      button.setAttribute("aria-pressed", String(wanted.kinds.has(data.kinds.indexOf(button.dataset.kind))));
  }

  function coloured() {
    const scheme = charts.dark.matches ? "dark" : "light";
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(Object.entries(looks).map(([kind, look]) => `.mark[data-kind="${kind}"] { color: ${look[scheme]}; }`).join("\n"));
    document.adoptedStyleSheets = [sheet];
  }

  function numbers(runs) {
    const of = (...kinds) => runs.filter((i) => kinds.includes(data.kinds[data.kind[i]])).length;
    const took = runs.map(omni.took).filter((seconds) => seconds !== null).sort((a, b) => a - b);
    const ended = runs.length - of("running", "unknown", "skipped"), good = of("pass", "success", "alert");
    const rows = [
      ["Runs", number(runs.length)],
      ["Ran successfully", percent(good, ended) || "–"],
      ["Alerts", number(of("alert"))],
      ["Failed or timed out", number(of("failure", "timed_out"))],
      ["Median duration", shown(quantile(took, 0.5)) || "–"],
      ["90 % took at most", shown(quantile(took, 0.9)) || "–"],
    ];
    find("numbers").replaceChildren(...rows.map(([name, value]) => {
      const box = element("div");
      box.append(element("dt", name), element("dd", value));
      return box;
    }));
  }

  function states(runs) {
    const found = new Map();
    for (const i of runs) {
      const key = `${data.state[i]} ${data.kind[i]}`;
      if (!found.has(key)) found.set(key, { run: i, count: 0 });
      found.get(key).count += 1;
    }
    const rows = [...found.values()].sort((a, b) => b.count - a.count).map(({ run, count }) => {
      const row = element("tr"), is = element("td"), look = omni.look(run);
      is.append(element("span", look.sign, { class: "mark", "aria-hidden": "true", "data-kind": data.kinds[data.kind[run]] }), ` ${look.says}`);
      row.append(element("td", data.states[data.state[run]], { class: "state" }), is, element("td", number(count), { class: "number" }), element("td", percent(count, runs.length), { class: "number" }));
      return row;
    });
    document.querySelector("#states tbody").replaceChildren(...rows);
  }

  function draw() {
    const runs = asked();
    pressed();
    find("none").hidden = runs.length > 0;
    find("none").textContent = data.ref.length ? "No run matches these filters." : "There were no runs.";
    for (const section of document.querySelectorAll(".drawn")) section.hidden = !runs.length;
    numbers(runs);
    charts.draw(runs);
    states(runs);
    table.draw(runs);
  }

  find("timeline").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) {
      const run = charts.step(by);
      if (run !== null) find("spoken").textContent = omni.described(run);
    } else if (event.key === "Enter" && charts.current() !== null) table.show(charts.current());
    else return;
    event.preventDefault();
  });
  charts.dark.addEventListener("change", () => { coloured(); charts.draw(asked()); });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return; // a phone's address bar comes and goes
    width = innerWidth;
    charts.draw(asked());
  });
  coloured();
  head();
  filters();
  draw();
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
})();
