// The table of every run that is asked for: sorted by any column, a hundred rows at a time.
"use strict";
const table = (() => {
  const { data, look, shown, clock, element } = omni;
  const rows = 100;
  const text = (list) => (i) => list(i);
  const columns = [
    { name: "When (UTC)", value: (i) => data.at[i] ?? -Infinity, cell: (i) => clock(data.at[i]) },
    { name: "Is", value: (i) => look(i).says, cell: (i) => mark(i) },
    { name: "State", value: text((i) => data.states[data.state[i]]), class: "state" },
    { name: "Took", value: (i) => data.took[i] ?? -Infinity, cell: (i) => shown(data.took[i]), class: "number" },
    { name: "Run", value: text((i) => data.ref[i]), cell: (i) => ref(data.ref[i]) },
    { name: "Note", value: text((i) => data.notes[data.note[i]]), class: "note" },
  ];
  const head = document.querySelector("#table thead tr"), body = document.querySelector("#table tbody");
  let sorting = { column: 0, down: true }, runs = [], page = 0, chosen = null;

  function mark(i) {
    const box = element("span");
    box.append(element("span", look(i).sign, { class: "mark", "aria-hidden": "true", "data-kind": data.kinds[data.kind[i]] }));
    box.append(` ${look(i).says}`);
    return box;
  }

  function ref(address) {
    const box = element("span"), code = element("code", address), button = element("button", "copy", { type: "button", class: "copy", "aria-label": `copy ${address}` });
    button.addEventListener("click", async () => {
      getSelection().selectAllChildren(code);
      try { await navigator.clipboard.writeText(address); button.textContent = "copied"; }
      catch { button.textContent = "selected"; }
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
    box.append(code, button);
    return box;
  }

  function sort() {
    const { value } = columns[sorting.column], sign = sorting.down ? -1 : 1;
    const keys = new Map(runs.map((i) => [i, value(i)]));
    runs.sort((a, b) => (keys.get(a) < keys.get(b) ? -sign : keys.get(a) > keys.get(b) ? sign : 0));
  }

  columns.forEach((column, place) => {
    const cell = element("th", undefined, { scope: "col", ...(column.class === "number" ? { class: "number" } : {}) });
    const button = element("button", column.name, { type: "button" });
    button.addEventListener("click", () => {
      sorting = { column: place, down: sorting.column === place ? !sorting.down : place === 0 || column.class === "number" };
      sort();
      turn(0);
    });
    cell.append(button);
    head.append(cell);
  });

  function turn(to) {
    const pages = Math.max(1, Math.ceil(runs.length / rows));
    page = Math.min(pages - 1, Math.max(0, to));
    body.replaceChildren(...runs.slice(page * rows, (page + 1) * rows).map(row));
    [...head.children].forEach((cell, place) => {
      const mine = place === sorting.column;
      cell.setAttribute("aria-sort", mine ? (sorting.down ? "descending" : "ascending") : "none");
      cell.firstChild.textContent = columns[place].name + (mine ? (sorting.down ? " ↓" : " ↑") : "");
    });
    const first = runs.length ? page * rows + 1 : 0, last = Math.min(runs.length, (page + 1) * rows);
    document.getElementById("where").textContent = `${first.toLocaleString("en")} to ${last.toLocaleString("en")} of ${omni.counted(runs.length)}`;
    for (const [id, off] of [["first", page === 0], ["previous", page === 0], ["next", page === pages - 1], ["last", page === pages - 1]])
      document.getElementById(id).disabled = off;
  }

  function row(i) {
    const made = element("tr", undefined, { "data-run": i });
    if (i === chosen) made.classList.add("chosen");
    for (const column of columns) {
      const cell = element("td", undefined, column.class ? { class: column.class } : {});
      cell.append((column.cell ?? column.value)(i));
      made.append(cell);
    }
    return made;
  }

  function draw(asked) {
    runs = [...asked];
    sort();
    turn(0);
  }

  // Bring a run's row onto the page and mark it.
  function show(i) {
    chosen = i;
    turn(Math.floor(runs.indexOf(i) / rows));
    const found = body.querySelector(".chosen");
    found?.scrollIntoView({ block: "center" });
    found?.querySelector("button")?.focus({ preventScroll: true });
  }

  for (const [id, to] of [["first", () => 0], ["previous", () => page - 1], ["next", () => page + 1], ["last", () => Infinity]])
    document.getElementById(id).addEventListener("click", () => turn(Math.min(to(), Math.ceil(runs.length / rows) - 1)));
  return { draw, show };
})();
