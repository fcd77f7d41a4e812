// The pure functions of the report page, and the contrast of its colours. Run by node with the
// folder of the page as its argument; prints what is wrong and exits with 1.
"use strict";

const assert = require("assert");
const fs = require("fs");
const path = require("path");

const folder = process.argv[2];
const model = require(path.resolve(folder, "run_model.js"));
// The scripts of a page share one scope; here a script gets what it uses by name.
Object.assign(global, {CPU: 2, DEPTH: 3, LOCK: 5, WHAT: 6, SITE: 8, CHIPS: 9});
const align = require(path.resolve(folder, "align.js"));

const queued = {name: "A", shape: "queued", locked: 0xff, pending: 0xff00, tail: 0xffff0000,
                index_shift: 16, cpu_shift: 18, owner: 0, table: 31};
const kinds = ["store", "time_leap", "clock_read", "park"];

// A machine of `cpus` CPUs and one lock; `rows` are [step, time, cpu, kind, text, changes].
function runOf(cpus, rows) {
  const slots = [["word", 0, 0], ["owner", 0, 0]], initial = [0, -1];
  for (let cpu = 0; cpu < cpus; ++cpu) {
    slots.push(["stack", cpu, 0]);
    initial.push("t");
    for (let i = 0; i < 4; ++i)
      for (const [kind, value] of [["mine", -1], ["next", -1], ["flag", 0], ["wants", -1], ["role", ""]]) {
        slots.push([kind, cpu, i]);
        initial.push(value);
      }
  }
  const named = (changes) => changes.flatMap(([kind, a, b, value]) => [
    slots.findIndex((slot) => slot.join() === [kind, a, b].join()), value]);
  return {cpus, locks: [queued], kinds, slots, initial, first_step: 0, first_time: 0,
          rows: rows.map(([step, time, cpu, kind, text, changes]) =>
            [step, time, cpu, 0, kind, -1, text, 0, -1, -1, named(changes || [])])};
}

function statesComeBack() {
  const rows = [];
  for (let i = 0; i < 1000; ++i) rows.push([1, 1, 0, 0, i, [["word", 0, 0, i]]]);
  const run = new model.RunModel(runOf(1, rows));
  for (const row of [999, 0, 255, 256, 257, 511, 700, 3])
    assert.strictEqual(run.get(run.stateAt(row), "word", 0), row);
  assert.strictEqual(run.get(run.stateAt(-1), "word", 0), 0);
  assert.strictEqual(run.rowOf("10"), 9);
  assert.strictEqual(run.rowOf("5000"), 999);
  assert.strictEqual(run.rowOf("x"), -1);
}

function stepsHaveNames() {
  const run = new model.RunModel(runOf(1, [[0, 0, 0, 0, 0], [1, 0, 0, 0, 1], [0, 0, 0, 0, 2], [1, 0, 0, 0, 3]]));
  assert.deepStrictEqual([0, 1, 2, 3].map((row) => run.nameOf(row)), ["0", "1", "1.2", "2"]);
  for (const row of [0, 1, 2, 3]) assert.strictEqual(run.rowOf(run.nameOf(row)), row);
}

function roundsAreFolded() {
  const rows = [[0, 0, 0, 0, 0]];
  for (let i = 0; i < 50; ++i) rows.push([0, 5, 0, 1, i], [1, 0, 0, 2, 100 + i], [1, 0, 0, 0, 7]);
  rows.push([1, 0, 0, 0, 8]);
  const items = model.foldRows(new model.RunModel(runOf(1, rows)));
  const folds = items.filter((item) => typeof item !== "number");
  assert.strictEqual(folds.length, 1);
  assert.strictEqual(folds[0].times, 49);
  const shown = items.reduce((sum, item) => sum + (typeof item === "number" ? 1 : item.to - item.from + 1), 0);
  assert.strictEqual(shown, rows.length);
}

function wordsAreSplit() {
  const values = (word) => model.wordFields(queued, word).map((each) => each.value);
  assert.deepStrictEqual(values(0), ["none", "-", "0", "0"]);
  assert.deepStrictEqual(values((3 << 18) | (2 << 16) | 0x101), ["CPU2", "2", "1", "1"]);
  assert.deepStrictEqual(values(0xffff0001), ["CPU16382", "3", "0", "1"]);
  const ticket = {...queued, shape: "ticket", tail: 0xffff0000};
  assert.deepStrictEqual(model.wordFields(ticket, 0x50001).map((each) => each.value), ["5", "1"]);
  assert.strictEqual(model.tailOf(ticket, 0x50001), null);
  assert.strictEqual(model.tailOf(queued, 0x50001).cpu, 0);
}

function queuesRunFromHeadToTail() {
  const queue = [["word", 0, 0, (3 << 18) | 1], ["owner", 0, 0, 0]];
  for (const cpu of [1, 2]) queue.push(["wants", cpu, 0, 0], ["mine", cpu, 0, 0], ["role", cpu, 0, "queued"]);
  const run = new model.RunModel(runOf(3, [[1, 0, 0, 0, 0, queue], [1, 0, 0, 0, 1, [["next", 1, 0, 8]]],
    [1, 0, 0, 0, 2, [["next", 1, 0, -1], ["role", 2, 0, "about to queue"]]]]));
  const cpus = (row) => model.queueOf(run, run.stateAt(row), 0).pieces.map((piece) => piece.map((node) => node.cpu));
  assert.deepStrictEqual(cpus(0), [[1], [2]]);
  assert.deepStrictEqual(cpus(1), [[1, 2]]);
  assert.deepStrictEqual(cpus(2), [[1]]);
  assert.strictEqual(model.diagramState(run, run.stateAt(1), 0), "*,0,1");
}

function cyclesAreSeen() {
  const run = new model.RunModel(runOf(2, [
    [1, 0, 0, 0, 0, [["owner", 0, 0, 0], ["wants", 1, 0, 0]]],
    [1, 0, 0, 0, 0, [["stack", 0, 0, "tn"], ["wants", 0, 1, 0]]]]));
  assert.deepStrictEqual(model.waitLinks(run, run.stateAt(0)).map((link) => link.cycle), [false]);
  assert.deepStrictEqual(model.waitLinks(run, run.stateAt(1)).map((link) => link.cycle), [true, false]);
}

// Every pair is equal and in order, and no longer list of pairs exists.
function commonPairsAreLongest() {
  let seed = 1;
  const random = (bound) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * bound);
  };
  for (let round = 0; round < 300; ++round) {
    const list = () => Array.from({length: random(12)}, () => "abcd"[random(4)]);
    const left = list(), right = list(), pairs = align.commonPairs(left, right);
    pairs.forEach(([i, j], n) => {
      assert.strictEqual(left[i], right[j]);
      if (n) assert.ok(i > pairs[n - 1][0] && j > pairs[n - 1][1]);
    });
    const best = Array.from({length: left.length + 1}, () => new Array(right.length + 1).fill(0));
    for (let i = left.length - 1; i >= 0; --i)
      for (let j = right.length - 1; j >= 0; --j)
        best[i][j] = left[i] === right[j] ? 1 + best[i + 1][j + 1] : Math.max(best[i + 1][j], best[i][j + 1]);
    assert.strictEqual(pairs.length, best[0][0], `${left.join("")} ${right.join("")}`);
  }
  const far = (letter) => Array.from({length: 2000}, (_, i) => `${letter}${i}`);
  assert.strictEqual(align.commonPairs([...far("a"), "same"], [...far("b"), "same"]).length, 1);
}

// Rows are [cpu, kind, text, chips]; equal texts mean the same step.
function runsAreAligned() {
  const texts = ["", "rq.fast.taken", "rq.queue.tail", "A is 0", "A is 1", "x = 1", "y = 1"];
  const modelOf = (rows) => ({
    rows: rows.map(([cpu, kind, text, chips]) => [1, 0, cpu, 0, kind, 0, text, 0, -1, chips, []]),
    kind(row) { return ["store", "load", "acquire_end"][this.rows[row][4]]; },
    text: (index) => (index < 0 ? "" : texts[index]),
    run: {sites: []},
  });
  const before = modelOf([[0, 0, 5, -1], [0, 1, 3, -1], [0, 0, 5, 1], [1, 0, 6, -1], [1, 0, 5, 2]]);
  const after = modelOf([[0, 1, 4, -1], [0, 0, 5, 1], [1, 0, 5, 2], [1, 0, 6, -1]]);
  const items = (each) => each.rows.map((_, i) => i);
  const places = align.alignItems(before, items(before), after, items(after));
  assert.deepStrictEqual(places, [[0, undefined], [1, 0], [2, 1], [3, undefined], [4, 2], [undefined, 3]]);
  assert.deepStrictEqual(places.map((place) => align.differenceAt([before, after], place)),
                         ["alone", "value", "", "alone", "", "alone"]);
  const same = align.alignItems(before, items(before), before, items(before));
  assert.ok(same.every(([i, j]) => i === j));
}

function luminance(colour) {
  const part = (at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

function coloursCanBeRead() {
  const css = fs.readFileSync(path.join(folder, "page.css"), "utf8");
  const themes = [...css.matchAll(/color-scheme: (?:light|dark);([^}]*)}/g)];
  assert.strictEqual(themes.length, 2);
  for (const [, block] of themes) {
    const colours = Object.fromEntries([...block.matchAll(/--([\w-]+): (#\w{6})/g)].map((m) => [m[1], m[2]]));
    const inks = ["ink", "quiet", "bad", "good", "mark", "accent", "nmi", ...Array.from({length: 8}, (_, i) => `cpu${i}`)];
    for (const ink of inks)
      for (const ground of ["ground", "panel", "soft", "now", "differs"]) {
        const [high, low] = [luminance(colours[ink]), luminance(colours[ground])].sort((a, b) => b - a);
        const contrast = (high + 0.05) / (low + 0.05);
        assert.ok(contrast >= 4.5, `${ink} on ${ground}: ${contrast.toFixed(2)}`);
      }
  }
}

for (const test of [statesComeBack, stepsHaveNames, roundsAreFolded, wordsAreSplit, queuesRunFromHeadToTail,
                    cyclesAreSeen, commonPairsAreLongest, runsAreAligned, coloursCanBeRead]) {
  try {
    test();
  } catch (error) {
    console.log(`${test.name}: ${error.message}`);
    process.exitCode = 1;
  }
}
