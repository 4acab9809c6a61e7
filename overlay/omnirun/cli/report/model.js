// What the page knows: the runs in columns, what each kind of run looks like, and which runs are asked for.
// A kind differs from every other by colour (Okabe and Ito's, told apart by the colour-blind) and by shape.
"use strict";
const omni = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const cross = "path://M2,0 L5,3 L8,0 L10,2 L7,5 L10,8 L8,10 L5,7 L2,10 L0,8 L3,5 L0,2 Z";
  const down = "path://M0,0 L10,0 L5,9 Z";
  const play = "path://M0,0 L10,5 L0,10 Z";
  const star = "path://M5,0 L6.5,3.5 L10,3.8 L7.3,6.2 L8.2,10 L5,7.9 L1.8,10 L2.7,6.2 L0,3.8 L3.5,3.5 Z";
  const looks = {
    pass: { says: "pass", sign: "●", symbol: "circle", light: "#007a5a", dark: "#2fc79a" },
    success: { says: "success, no verdict", sign: "○", symbol: "emptyCircle", light: "#007a5a", dark: "#2fc79a" },
    alert: { says: "alert", sign: "▲", symbol: "triangle", light: "#b86e00", dark: "#f0b13c" },
    failure: { says: "failure", sign: "✖", symbol: cross, light: "#c44500", dark: "#ff7a3d" },
    timed_out: { says: "timed out", sign: "▼", symbol: down, light: "#a3316f", dark: "#e58fc0" },
    cancelled: { says: "cancelled", sign: "■", symbol: "rect", light: "#59636e", dark: "#9aa6b2" },
    skipped: { says: "skipped", sign: "◇", symbol: "emptyDiamond", light: "#59636e", dark: "#9aa6b2" },
    running: { says: "not ended", sign: "▶", symbol: play, light: "#0067a8", dark: "#5db7ee" },
    unknown: { says: "unknown", sign: "★", symbol: star, light: "#6b4fbb", dark: "#b39bf0" },
  };
  const wanted = { kinds: new Set(), target: -1, text: "" };
  const texts = data.ref.map((ref, i) =>
    `${ref} ${data.states[data.state[i]]} ${data.notes[data.note[i]]}`.toLowerCase());
  const all = data.ref.map((_, i) => i);
  const byTime = [...all].sort((a, b) => (data.at[a] ?? Infinity) - (data.at[b] ?? Infinity));

  // The runs that are asked for, oldest first; the kinds are left out of it where their own counts are shown.
  function asked(regardless) {
    return byTime.filter((i) =>
      (regardless || wanted.kinds.has(data.kind[i])) &&
      (wanted.target < 0 || data.target[i] === wanted.target) &&
      (!wanted.text || texts[i].includes(wanted.text)));
  }

  // Between the values (type 7), as Python's statistics.quantiles(..., method="inclusive").
  function quantile(sorted, share) {
    if (!sorted.length) return null;
    const at = (sorted.length - 1) * share, below = Math.floor(at), above = Math.ceil(at);
    return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
  }

  const counted = (n) => `${n.toLocaleString("en")} run${n === 1 ? "" : "s"}`;

  function shown(seconds) {
    if (seconds === null || seconds === undefined) return "";
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    if (Math.round(seconds) < 60) return `${Math.round(seconds)} s`;
    let left = Math.round(seconds);
    const parts = [];
    for (const [unit, size] of [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]]) {
      const count = Math.floor(left / size);
      left -= count * size;
      if (count || parts.length) parts.push([count, unit]);
    }
    return parts.slice(0, 2).filter(([count]) => count).map(([count, unit]) => `${count}${unit}`).join(" ");
  }

  // A run that was skipped took no time, which says nothing about how long runs take.
  const skipped = data.kinds.indexOf("skipped");
  const took = (i) => (data.kind[i] === skipped ? null : data.took[i]);
  const clock = (ms) => (ms === null ? "" : new Date(ms).toISOString().slice(0, 19).replace("T", " "));
  const look = (i) => looks[data.kinds[data.kind[i]]];
  const described = (i) =>
    `${look(i).says}, state ${data.states[data.state[i]]}, ${clock(data.at[i]) || "no time"}` +
    `${data.took[i] === null ? "" : `, took ${shown(data.took[i])}`}, ${data.ref[i]}`;

  // Text goes onto the page by this alone, and never as HTML.
  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  return { data, looks, wanted, all, asked, quantile, counted, shown, took, clock, look, described, element };
})();
