// Drawings: a state as HTML and SVG text. Every text of the run goes through safe().
"use strict";

function safe(text) {
  return String(text).replace(/[&<>"]/g, (c) => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})[c]);
}

const cpuClass = (cpu) => `cpu${cpu % 8}`;

function drawWord(model, state, before, lock) {
  const info = model.run.locks[lock];
  const now = model.get(state, "word", lock), was = model.get(before, "word", lock);
  const fields = wordFields(info, now), old = wordFields(info, was);
  const boxes = fields.map((each, i) => {
    const changed = ((now ^ was) & each.mask) !== 0;
    const bits = bitsOf(each.mask);
    const range = bits.low === bits.high ? `${bits.low}` : `${bits.high}..${bits.low}`;
    const set = (now & each.mask) !== 0;
    return `<div class="field ${changed ? "changed" : ""} ${set ? "set" : ""}">
      <span class="field-name">${each.name}</span><b>${safe(each.value)}</b>
      <span class="bits">${changed ? `was ${safe(old[i].value)}` : `bits ${range}`}</span></div>`;
  });
  const hex = (now >>> 0).toString(16).padStart(8, "0");
  return `<div class="word">${boxes.join("")}</div><p class="hex">${safe(info.name)} = 0x${hex}</p>`;
}

function actorBox(model, state, actor, label, extra = "") {
  const cpu = actor >> 2;
  const name = actorName(model, state, actor);
  return `<div class="box ${cpuClass(cpu)} ${extra}"><span class="box-label">${safe(label)}</span>
    <b>${safe(name)}</b></div>`;
}

function drawNode(model, state, node, changed, tail) {
  const next = node.next < 0 ? "NULL" : `cpu${node.next >> 2}[${node.next & 3}]`;
  const mark = (slot) => (changed.has(slot) ? "changed" : "");
  return `<div class="box node ${cpuClass(node.cpu)}">
    <span class="box-label">${safe(node.role === "the queue head" ? "head" : node.role || "node")}${tail ? ", tail" : ""}</span>
    <b>${safe(actorName(model, state, node.who))}</b>
    <span class="value">node[${node.index}]</span>
    <span class="value ${mark(node.flagSlot)}">locked ${node.flag}</span>
    <span class="value ${mark(node.nextSlot)}">next ${next}</span></div>`;
}

function drawQueue(model, state, lock, changed) {
  const queue = queueOf(model, state, lock);
  const tail = queue.tail;
  const parts = [];
  const owner = changed.has(model.slot("owner", lock)) ? "changed" : "";
  const info = model.run.locks[lock];
  const nobody = field(model.get(state, "word", lock), info.locked) ? "taken, call not over" : "nobody";
  parts.push(queue.owner < 0 ? `<div class="box empty ${owner}"><span class="box-label">owner</span><b>${nobody}</b></div>`
                             : actorBox(model, state, queue.owner, "owner", `owner ${owner}`));
  const pendingBit = info.pending && field(model.get(state, "word", lock), info.pending);
  for (const who of queue.pending)
    parts.push(`<span class="arrow">&larr;</span>` +
      actorBox(model, state, who, pendingBit ? "pending" : "was pending", pendingBit ? "" : "faint"));
  queue.pieces.forEach((piece, i) => {
    const gap = i > 0 ? `<span class="arrow broken" title="not linked">&#8943;</span>` : "";
    const drawn = piece.map((node) => {
      const at = tail && tail.cpu === node.cpu && tail.index === node.index;
      return drawNode(model, state, node, changed, at);
    });
    parts.push((i > 0 ? gap : `<span class="arrow">&larr;</span>`) + drawn.join(`<span class="arrow">&larr;</span>`));
  });
  const word = changed.has(model.slot("word", lock)) ? "changed" : "";
  const last = tail ? `cpu${tail.cpu}[${tail.index}]` : "none";
  const ends = hasTail(info) ? `<span class="pair"><span class="arrow">&larr;</span><span class="tail ${tail ? word : "faint"}"><span class="box-label">tail</span><b>${last}</b></span></span>` : "";
  const others = queue.others.map((other) => actorBox(model, state, other.who, other.role, "asking")).join("");
  const aside = others ? `<div class="aside"><span class="box-label">not in line</span><div class="queue">${others}</div></div>` : "";
  return `<div class="queue">${parts.join("")}${ends}</div>${aside}`;
}

function drawHeld(model, state, changed) {
  if (!model.run.locks.some((lock) => lock.table)) return `<p class="quiet">This lock keeps no table.</p>`;
  const lines = [];
  for (let cpu = 0; cpu < model.run.cpus; ++cpu) {
    const entries = model.get(state, "held", cpu);
    const owned = new Set(), wanted = new Set();
    model.run.locks.forEach((_, lock) => {
      const owner = model.get(state, "owner", lock);
      if (owner >= 0 && owner >> 2 === cpu) owned.add(lock);
    });
    for (let depth = 0; depth < 4; ++depth) wanted.add(model.get(state, "wants", cpu, depth));
    const chips = entries.map((lock) => {
      if (lock < 0) return `<span class="entry empty">${lock === -1 ? "NULL" : "?"}</span>`;
      const name = safe(model.run.locks[lock].name);
      if (owned.delete(lock)) return `<span class="entry held" title="held">${name}</span>`;
      if (wanted.has(lock)) return `<span class="entry trying" title="being attempted">${name} <i>trying</i></span>`;
      return `<span class="entry" title="listed">${name}</span>`;
    });
    lines.push(`<div class="table ${changed.has(model.slot("held", cpu)) ? "changed" : ""}">
      <span class="${cpuClass(cpu)} tag">CPU${cpu}</span>${chips.join("") || `<span class="quiet">empty</span>`}</div>`);
  }
  return `<div class="tables">${lines.join("")}</div>`;
}

function drawWaits(model, state) {
  const links = waitLinks(model, state);
  if (!links.length) return `<p class="quiet">Nobody waits.</p>`;
  const who = (actor) => `<span class="tag ${cpuClass(actor >> 2)}">${safe(actorName(model, state, actor))}</span>`;
  const lines = links.map((link) => {
    const lock = `<span class="lock-name">${safe(model.run.locks[link.lock].name)}</span>`;
    let text = `${who(link.who)} <i>wants</i> ${lock}`;
    text += link.owner < 0 ? ` <i>which nobody holds</i>` : ` <i>held by</i> ${who(link.owner)}`;
    if (link.top !== link.owner) text += ` <i>interrupted by</i> ${who(link.top)}`;
    return `<div class="wait ${link.cycle ? "cycle" : ""}">${text}</div>`;
  });
  const cycle = links.some((link) => link.cycle);
  return `${cycle ? `<p class="alarm">A cycle: each in it waits for the next.</p>` : ""}${lines.join("")}`;
}

// The usual ways of the word. Rows: no queue, one waiter, several; columns by (pending, locked).
const DIAGRAM_COLUMNS = ["0,0", "0,1", "1,1", "1,0"];
const DIAGRAM_ROWS = ["0", "n", "*"];
const DIAGRAM_EDGES = [
  "0,0,0>0,0,1", "0,0,1>0,0,0", "0,0,1>0,1,1", "0,1,1>0,1,0", "0,1,1>0,0,1", "0,1,0>0,0,1",
  "0,1,1>n,1,1", "0,0,1>n,0,1", "n,1,1>n,1,0", "n,1,0>n,0,1", "n,0,1>n,0,0", "n,0,0>0,0,1",
  "n,1,1>*,1,1", "n,0,1>*,0,1", "*,1,1>*,1,0", "*,1,0>*,0,1", "*,0,1>*,0,0", "*,0,0>n,0,1",
  "*,0,0>*,0,1",
];

function diagramPlace(name) {
  const [tail, ...rest] = name.split(",");
  return {x: 62 + 112 * DIAGRAM_COLUMNS.indexOf(rest.join(",")), y: 26 + 66 * DIAGRAM_ROWS.indexOf(tail)};
}

function edgePath(edge) {
  const [from, to] = edge.split(">").map(diagramPlace);
  const dx = to.x - from.x, dy = to.y - from.y, length = Math.hypot(dx, dy) || 1;
  // Both directions between two states are bent to their own side.
  const bend = Math.abs(dx) > 120 ? 34 : 13;
  const mid = {x: (from.x + to.x) / 2 - (dy / length) * bend, y: (from.y + to.y) / 2 + (dx / length) * bend};
  const ends = (at, toward) => {
    const ex = toward.x - at.x, ey = toward.y - at.y;
    const scale = Math.min(36 / Math.max(Math.abs(ex), 1e-6), 16 / Math.max(Math.abs(ey), 1e-6));
    return {x: at.x + ex * scale, y: at.y + ey * scale};
  };
  const a = ends(from, mid), b = ends(to, mid);
  return `M${a.x.toFixed(1)} ${a.y.toFixed(1)} Q${mid.x.toFixed(1)} ${mid.y.toFixed(1)} ${b.x.toFixed(1)} ${b.y.toFixed(1)}`;
}

// `suffix` makes the names of the arrow heads its own, where the page has two diagrams.
function drawDiagram(now, edge, suffix = "") {
  const marker = (id, looks) => `<marker class="${looks}" id="${id}${suffix}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="11"
    markerHeight="11" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker>`;
  const usual = DIAGRAM_EDGES.map((each) =>
    `<path class="edge" d="${edgePath(each)}" marker-end="url(#tip${suffix})"/>`);
  let lit = "";
  if (edge) {
    const odd = !DIAGRAM_EDGES.includes(edge);
    lit = `<path class="edge lit ${odd ? "odd" : ""}" d="${edgePath(edge)}" marker-end="url(#tip-lit${suffix})"/>`;
  }
  const states = [];
  for (const tail of DIAGRAM_ROWS)
    for (const rest of DIAGRAM_COLUMNS) {
      const name = `${tail},${rest}`, at = diagramPlace(name);
      states.push(`<g class="place ${name === now ? "now" : ""}"><rect x="${at.x - 34}" y="${at.y - 14}"
        width="68" height="28" rx="14"/><text x="${at.x}" y="${at.y + 5}">${name}</text></g>`);
    }
  return `<svg viewBox="0 0 460 190" role="img" aria-label="The word is in state ${now}">
    <defs>${marker("tip", "")}${marker("tip-lit", "lit")}</defs>${usual.join("")}${lit}${states.join("")}</svg>
    <p class="quiet legend">0 no queue, n one waiter, * several. Dashed: off the usual ways.</p>`;
}

if (typeof module !== "undefined") module.exports = {safe, edgePath, DIAGRAM_EDGES, diagramPlace};
