// The run as data: rows, states put together from changes, and what can be read off a state. Pure
// functions only; nothing here touches the page.
"use strict";

const CHECKPOINT_EVERY = 256;
const STEP = 0, TIME = 1, CPU = 2, DEPTH = 3, KIND = 4, LOCK = 5, WHAT = 6, CAPTION = 7, SITE = 8,
  CHIPS = 9, CHANGES = 10;
const CONTEXT_NAMES = {t: "task", s: "softirq", h: "hardirq", n: "nmi"};
const ROUNDS_MAX = 8;

function timeText(ns) {
  const short = (value, unit) => `${Number(value.toFixed(3))} ${unit}`;
  if (ns < 1e4) return `${ns} ns`;
  if (ns < 1e6) return short(ns / 1e3, "us");
  if (ns < 1e9) return short(ns / 1e6, "ms");
  return short(ns / 1e9, "s");
}

class RunModel {
  constructor(run) {
    this.run = run;
    this.rows = run.rows;
    this.count = run.rows.length;
    this.steps = new Float64Array(this.count);
    this.times = new Float64Array(this.count);
    this.slotOf = new Map(run.slots.map((slot, i) => [slot.join(" "), i]));
    this.checkpoints = [];
    this.cached = null;
    let step = run.first_step, time = run.first_time;
    for (let i = 0; i < this.count; ++i) {
      step += this.rows[i][STEP];
      time += this.rows[i][TIME];
      this.steps[i] = step;
      this.times[i] = time;
    }
    this.checkpoint(this.count - 1);  // all of them, so that no later jump waits
  }

  kind(row) { return this.run.kinds[this.rows[row][KIND]]; }
  text(index) { return index < 0 ? "" : this.run.texts[index]; }
  slot(kind, a, b = 0) { return this.slotOf.get(`${kind} ${a} ${b}`); }
  get(state, kind, a, b = 0) { return state.values[this.slot(kind, a, b)]; }

  apply(state, row) {
    const [, , cpu, depth, , , , , site, , changes] = this.rows[row];
    if (site >= 0) state.sites[cpu * 4 + depth] = site;
    for (let i = 0; i < changes.length; i += 2) state.values[changes[i]] = changes[i + 1];
    state.row = row;
  }

  static copy(state) {
    return {values: state.values.slice(), sites: state.sites.slice(), row: state.row};
  }

  // The state behind a row; the one before the first row for -1. Not to be changed by the caller.
  stateAt(row) {
    if (this.cached && this.cached.row === row) return this.cached;
    const near = this.cached && this.cached.row < row && row - this.cached.row <= CHECKPOINT_EVERY;
    const state = near ? RunModel.copy(this.cached) : this.checkpoint(row);
    while (state.row < row) this.apply(state, state.row + 1);
    this.cached = state;
    return state;
  }

  // Checkpoint i is the state before row i * CHECKPOINT_EVERY.
  checkpoint(row) {
    const wanted = Math.floor(Math.max(row, 0) / CHECKPOINT_EVERY);
    if (!this.checkpoints.length)
      this.checkpoints.push({values: this.run.initial.slice(), sites: [], row: -1});
    while (this.checkpoints.length <= wanted) {
      const state = RunModel.copy(this.checkpoints[this.checkpoints.length - 1]);
      for (let i = 0; i < CHECKPOINT_EVERY; ++i) this.apply(state, state.row + 1);
      this.checkpoints.push(state);
    }
    return RunModel.copy(row < 0 ? this.checkpoints[0] : this.checkpoints[wanted]);
  }

  changed(row) {
    const slots = new Set();
    const changes = row < 0 ? [] : this.rows[row][CHANGES];
    for (let i = 0; i < changes.length; i += 2) slots.add(changes[i]);
    return slots;
  }

  find(row, direction, wanted) {
    for (let i = row + direction; i >= 0 && i < this.count; i += direction)
      if (wanted(i)) return i;
    return row;
  }

  touches(row, lock) {
    const word = this.slot("word", lock), owner = this.slot("owner", lock);
    const changes = this.rows[row][CHANGES];
    for (let i = 0; i < changes.length; i += 2)
      if (changes[i] === word || changes[i] === owner) return true;
    return false;
  }

  // "12" is the first row of step 12, or of the next step there is; "12.3" the third one.
  rowOf(text) {
    const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
    if (!match || !this.count) return -1;
    const step = Number(match[1]), wanted = Number(match[2] || 1);
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle] < step) low = middle + 1;
      else high = middle;
    }
    if (low === this.count) return this.count - 1;
    let row = low;
    while (row + 1 < this.count && row - low + 1 < wanted && this.steps[row + 1] === step) ++row;
    return row;
  }

  nameOf(row) {
    let first = row;
    while (first > 0 && this.steps[first - 1] === this.steps[row]) --first;
    return first === row ? `${this.steps[row]}` : `${this.steps[row]}.${row - first + 1}`;
  }
}

// Rows that say the same at another time have the same key; clocks and leaps differ in time only.
function rowKey(model, row) {
  const data = model.rows[row], kind = model.kind(row);
  const what = kind === "time_leap" || kind === "clock_read" ? kind : data[WHAT];
  return `${data[CPU]} ${data[DEPTH]} ${what} ${data[SITE]}`;
}

// Rounds between two leaps of time that come again right behind themselves are folded: the answer
// lists rows, and {from, to, times} for what is left out. So are leaps between which waiters only
// look once more (idle).
function foldRows(model) {
  const keys = new Array(model.count), leaps = [];
  for (let i = 0; i < model.count; ++i) {
    keys[i] = rowKey(model, i);
    if (model.kind(i) === "time_leap") leaps.push(i);
  }
  const items = [];
  const idle = (row) => ["time_leap", "park", "wake"].includes(model.kind(row));
  let leap = 0;
  for (let row = 0; row < model.count;) {
    while (leap < leaps.length && leaps[leap] < row) ++leap;
    let length = 0, repeats = 0, end = row, jumps = 0;
    if (leaps[leap] === row)
      for (; end < model.count && idle(end); ++end) jumps += model.kind(end) === "time_leap" ? 1 : 0;
    if (jumps >= 3) {
      items.push({from: row, to: end - 1, times: jumps, idle: true});
      row = end;
      continue;
    }
    for (let rounds = 1; leaps[leap] === row && rounds <= ROUNDS_MAX; ++rounds) {
      const until = leap + rounds < leaps.length ? leaps[leap + rounds] : model.count;
      const tried = until - row;
      let at = row + tried;
      while (at < model.count && keys[at] === keys[at - tried]) ++at;
      const found = Math.floor((at - row) / tried) - 1;
      if (found * tried > repeats * length) [length, repeats] = [tried, found];
    }
    for (let i = 0; i < Math.max(length, 1); ++i) items.push(row + i);
    row += Math.max(length, 1);
    if (repeats > 0 && length > 0) {
      items.push({from: row, to: row + length * repeats - 1, times: repeats});
      row += length * repeats;
    }
  }
  return items;
}

function bitsOf(mask) {
  if (!mask) return null;
  const low = Math.log2((mask & -mask) >>> 0);
  return {low, high: 31 - Math.clz32(mask)};
}

function field(word, mask) {
  return mask ? (word & mask) >>> (31 - Math.clz32(mask & -mask)) : 0;
}

// A ticket lock's waiters have numbers, and no one is the last in its word.
const hasTail = (lock) => lock.tail !== 0 && lock.shape !== "ticket";

function tailOf(lock, word) {
  if (!hasTail(lock) || !((word & lock.tail) >>> 0)) return null;
  const cpu = ((word & lock.tail) >>> lock.cpu_shift) - 1;
  return {cpu, index: lock.shape === "queued" ? (word >>> lock.index_shift) & 3 : 0};
}

// The parts of a lock word from the highest bit down: {name, bits, value}.
function wordFields(lock, word) {
  if (lock.shape === "queued") {
    const tail = tailOf(lock, word);
    const index = 3 << lock.index_shift;
    return [
      {name: "tail cpu", mask: (lock.tail & ~index) >>> 0, value: tail ? `CPU${tail.cpu}` : "none"},
      {name: "tail idx", mask: index >>> 0, value: tail ? `${tail.index}` : "-"},
      {name: "pending", mask: lock.pending, value: `${field(word, lock.pending)}`},
      {name: "locked", mask: lock.locked, value: `${field(word, lock.locked)}`},
    ];
  }
  if (lock.shape === "ticket")
    return [{name: "next", mask: 0xffff0000, value: `${word >>> 16}`},
            {name: "owner", mask: 0xffff, value: `${word & 0xffff}`}];
  const fields = [];
  const tail = tailOf(lock, word);
  if (lock.tail) fields.push({name: "tail", mask: lock.tail, value: tail ? `CPU${tail.cpu}` : "none"});
  if (lock.owner) {
    const owner = (word & lock.owner) >>> lock.owner_shift;
    const taken = (word & lock.locked) !== 0;
    fields.push({name: "owner", mask: lock.owner, value: taken ? `CPU${owner - lock.owner_bias}` : "none"});
  }
  if (lock.shape === "test_and_set")
    fields.push({name: "locked", mask: 0xffffffff, value: `${word}`});
  if (!fields.length)
    fields.push({name: "word", mask: 0xffffffff, value: `0x${word.toString(16)}`});
  return fields;
}

function actorName(model, state, actor) {
  const cpu = actor >> 2, depth = actor & 3;
  const letter = (model.get(state, "stack", cpu) || "t")[depth] || "t";
  return `CPU${cpu} ${CONTEXT_NAMES[letter] || "task"}`;
}

// Everybody in line for a lock: the pending waiter, and the nodes from the head on, in pieces where
// a node is not linked yet.
function queueOf(model, state, lock) {
  const info = model.run.locks[lock];
  const word = model.get(state, "word", lock);
  const queue = {owner: model.get(state, "owner", lock), pending: [], others: [], pieces: [],
                 tail: tailOf(info, word)};
  const nodes = new Map();
  for (let cpu = 0; cpu < model.run.cpus; ++cpu)
    for (let depth = 0; depth < 4; ++depth) {
      if (model.get(state, "wants", cpu, depth) !== lock) continue;
      const role = model.get(state, "role", cpu, depth), mine = model.get(state, "mine", cpu, depth);
      const who = cpu * 4 + depth;
      if (mine >= 0 && role !== "about to queue")
        nodes.set(cpu * 4 + mine, {
          who, cpu, index: mine, role, next: model.get(state, "next", cpu, mine),
          flag: model.get(state, "flag", cpu, mine), flagSlot: model.slot("flag", cpu, mine),
          nextSlot: model.slot("next", cpu, mine)});
      else if (role === "the pending waiter") queue.pending.push(who);
      else queue.others.push({who, role: role || "asking"});
    }
  const behind = new Set([...nodes.values()].map((node) => node.next).filter((n) => nodes.has(n)));
  const seen = new Set();
  const follow = (start) => {
    const piece = [];
    for (let at = start; nodes.has(at) && !seen.has(at); at = nodes.get(at).next) {
      seen.add(at);
      piece.push(nodes.get(at));
    }
    if (piece.length) queue.pieces.push(piece);
  };
  for (const at of nodes.keys()) if (!behind.has(at)) follow(at);
  for (const at of nodes.keys()) follow(at);
  const tail = queue.tail ? queue.tail.cpu * 4 + queue.tail.index : -1;
  const rank = (piece) => piece.some((node) => node.role === "the queue head") ? 0 :
    piece.some((node) => node.cpu * 4 + node.index === tail) ? 2 : 1;
  queue.pieces.sort((a, b) => rank(a) - rank(b));
  queue.length = nodes.size;
  return queue;
}

// Who waits for whom: {who, lock, owner, top, cycle}. `top` is who must return first on that CPU.
function waitLinks(model, state) {
  const links = new Map();
  for (let cpu = 0; cpu < model.run.cpus; ++cpu)
    for (let depth = 0; depth < 4; ++depth) {
      const lock = model.get(state, "wants", cpu, depth);
      if (lock < 0) continue;
      const owner = model.get(state, "owner", lock);
      const stack = owner < 0 ? 0 : model.get(state, "stack", owner >> 2).length;
      const top = owner < 0 ? -1 : (owner & ~3) | Math.max((owner & 3), stack - 1);
      links.set(cpu * 4 + depth, {who: cpu * 4 + depth, lock, owner, top, cycle: false});
    }
  for (const link of links.values()) {
    const path = [];
    let at = link;
    while (at && !path.includes(at)) {
      path.push(at);
      at = links.get(at.top);
    }
    if (at === link) for (const each of path) each.cycle = true;
  }
  return [...links.values()];
}

// Where in the kernel's diagram the word is: tail is 0, n (one waiter) or * (several).
function diagramState(model, state, lock) {
  const info = model.run.locks[lock];
  const word = model.get(state, "word", lock);
  let tail = "0";
  if (tailOf(info, word)) tail = queueOf(model, state, lock).length > 1 ? "*" : "n";
  return `${tail},${field(word, info.pending) ? 1 : 0},${field(word, info.locked) ? 1 : 0}`;
}

if (typeof module !== "undefined")
  module.exports = {RunModel, foldRows, wordFields, queueOf, waitLinks, diagramState, timeText, bitsOf, hasTail, tailOf};
