// Two runs beside each other: which item of one belongs to which of the other. First the lock points
// and calls that both have, in the order in which they come; then, between two of them, the steps
// that do the same. What has no counterpart stands beside a gap. Pure functions only.
"use strict";

const EDITS_MAX = 1000;  // beyond so many differences in a piece, the rest of it is not paired

// The pairs [i, j] of a longest common subsequence of two lists of keys (Myers, O(ND)).
function commonPairs(left, right) {
  const n = left.length, m = right.length, pairs = [];
  let begin = 0, tail = 0;
  while (begin < n && begin < m && left[begin] === right[begin]) pairs.push([begin, begin++]);
  while (tail < n - begin && tail < m - begin && left[n - 1 - tail] === right[m - 1 - tail]) ++tail;
  const inner = middlePairs(left.slice(begin, n - tail), right.slice(begin, m - tail));
  for (const [i, j] of inner) pairs.push([i + begin, j + begin]);
  for (let i = tail; i > 0; --i) pairs.push([n - i, m - i]);
  return pairs;
}

function middlePairs(left, right) {
  const n = left.length, m = right.length, furthest = new Map([[1, 0]]), trace = [];
  if (!n || !m) return [];
  for (let edits = 0; edits <= Math.min(n + m, EDITS_MAX); ++edits) {
    const here = new Map();
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && furthest.get(k - 1) < furthest.get(k + 1));
      let i = down ? furthest.get(k + 1) : furthest.get(k - 1) + 1;
      while (i < n && i - k < m && left[i] === right[i - k]) ++i;
      furthest.set(k, i);
      here.set(k, i);
      if (i >= n && i - k >= m) return walkBack(trace, edits, n, m);
    }
    trace.push(here);
  }
  return [];
}

// From the end to the start, along the furthest places that each number of edits reached.
function walkBack(trace, edits, n, m) {
  const pairs = [];
  let i = n, j = m;
  for (let d = edits; d > 0; --d) {
    const before = trace[d - 1], k = i - j;
    const down = k === -d || (k !== d && before.get(k - 1) < before.get(k + 1));
    const fromI = before.get(down ? k + 1 : k - 1), fromJ = fromI - (down ? k + 1 : k - 1);
    while (i > fromI && j > fromJ) pairs.push([--i, --j]);
    [i, j] = [fromI, fromJ];
  }
  while (i > 0 && j > 0) pairs.push([--i, --j]);
  return pairs.reverse();
}

const ANCHOR_KINDS = ["acquire_begin", "acquire_end", "release_begin", "release_end", "context_enter",
                      "context_exit", "inject_fired", "task_start", "task_end", "execution_end"];

// What an item does, without values that may differ: {anchor, key}. Items are rows or folds.
function itemKey(model, item) {
  if (typeof item !== "number") return {anchor: false, key: item.idle ? "fold idle" : "fold"};
  const data = model.rows[item], kind = model.kind(item);
  const who = `${data[CPU]} ${data[DEPTH]} ${kind} ${data[LOCK]}`;
  const points = model.text(data[CHIPS]).split(", ").filter((chip) => chip.startsWith("rq.")).join();
  if (points || ANCHOR_KINDS.includes(kind)) return {anchor: true, key: `${who} ${points}`};
  const site = data[SITE] < 0 ? null : model.run.sites[data[SITE]];
  const what = site && site[3] ? site[3] : model.text(data[WHAT]).replace(/( is |[=:(]| -> ).*/, "");
  return {anchor: false, key: `${who} ${what}`};
}

// The items of both runs as places: [left, right], undefined for a gap.
function alignItems(leftModel, leftItems, rightModel, rightItems) {
  const left = leftItems.map((item) => itemKey(leftModel, item));
  const right = rightItems.map((item) => itemKey(rightModel, item));
  const anchors = (keys) => keys.map((_, i) => i).filter((i) => keys[i].anchor);
  const leftAnchors = anchors(left), rightAnchors = anchors(right);
  const met = commonPairs(leftAnchors.map((i) => left[i].key), rightAnchors.map((i) => right[i].key))
    .map(([i, j]) => [leftAnchors[i], rightAnchors[j]]);
  met.push([left.length, right.length]);
  const places = [];
  let i = 0, j = 0;
  const upTo = (toI, toJ) => {
    while (i < toI) places.push([leftItems[i++], undefined]);
    while (j < toJ) places.push([undefined, rightItems[j++]]);
  };
  for (const [endI, endJ] of met) {
    const startI = i, startJ = j;
    const keys = (list, from, to) => list.slice(from, to).map((each) => each.key);
    for (const [a, b] of commonPairs(keys(left, i, endI), keys(right, j, endJ))) {
      upTo(startI + a, startJ + b);
      places.push([leftItems[i++], rightItems[j++]]);
    }
    upTo(endI, endJ);
    if (endI < left.length) places.push([leftItems[i++], rightItems[j++]]);
  }
  return places;
}

// Why the runs are not the same at a place: "alone" (a gap), "value" (the step says otherwise), or "".
function differenceAt(models, place) {
  if (place.some((item) => item === undefined)) return "alone";
  const texts = place.map((item, i) => typeof item === "number" ? models[i].text(models[i].rows[item][WHAT]) : "");
  return texts[0] === texts[1] ? "" : "value";
}

if (typeof module !== "undefined") module.exports = {commonPairs, alignItems, differenceAt};
