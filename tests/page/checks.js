// Questions to a page that is open.
"use strict";

const assert = require("assert");

// What is framed in a lane: the number of its row, or -1 for a gap; `n` is which of two runs.
const rowNow = (page, n = 0) => page.evaluate((which) => {
  const lane = document.querySelectorAll(".lane-scroll")[which], now = lane.querySelector(".row.now");
  return now && now.dataset.row !== undefined ? Number(now.dataset.row) : -1;
}, n);

// A row that can be clicked without a scroll and is not framed. Rows come and go while a lane scrolls.
const rowInView = (page) => page.evaluate(async () => {
  const lane = document.querySelector(".lane-scroll"), frame = () => new Promise(requestAnimationFrame);
  for (let top = NaN; top !== lane.scrollTop; await frame(), await frame()) top = lane.scrollTop;
  const view = lane.getBoundingClientRect();
  const inside = [...lane.querySelectorAll(".row[data-row]:not(.now)")].find((row) => {
    const box = row.getBoundingClientRect();
    return box.top >= view.top && box.bottom <= view.bottom;
  });
  return Number(inside.dataset.row);
});

const text = (page, selector) => page.locator(selector).first().innerText();

// Keys of one character and names alike.
const press = (page, ...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

// Presses a key again and again inside the page, which is quick, and tells what each press led to: the
// rows framed in the lanes, the text of the captions, and which of `looks` (selectors) are there.
const walk = (page, key, times, looks = []) => page.evaluate(([name, count, selectors]) => {
  const found = [];
  for (let i = 0; i < count; ++i) {
    document.body.dispatchEvent(new KeyboardEvent("keydown", {key: name, bubbles: true, cancelable: true}));
    const rows = [...document.querySelectorAll(".lane-scroll")].map((lane) => {
      const now = lane.querySelector(".row.now");
      return now && now.dataset.row !== undefined ? Number(now.dataset.row) : -1;
    });
    found.push({rows, caption: [...document.querySelectorAll(".caption")].map((each) => each.textContent).join(" "),
                looks: selectors.map((each) => document.querySelector(each) !== null)});
  }
  return found;
}, [key, times, looks]);

// Address and wait, which is quicker than to load the page again.
async function goTo(page, step) {
  await page.evaluate((to) => { location.hash = `#step=${to}`; }, step);
  await page.waitForFunction((to) => document.getElementById("where").textContent.startsWith(`step ${to} `), step);
}

// What stands in a lane, from its top to its end: [top, row], without what is folded away. A high
// window has few scrolls to make.
async function rowsShown(page, n = 0) {
  const size = page.viewportSize();
  await page.setViewportSize({width: size.width, height: 4000});
  const rows = await rowsInLane(page, n);
  await page.setViewportSize(size);
  return rows;
}

const rowsInLane = (page, n) => page.evaluate(async (which) => {
  const lane = document.querySelectorAll(".lane-scroll")[which], seen = new Map();
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  for (let top = 0; top <= lane.scrollHeight; top += lane.clientHeight) {
    lane.scrollTop = top;
    await frame();
    for (const row of lane.querySelectorAll(".row[data-row]")) seen.set(parseInt(row.style.top, 10), Number(row.dataset.row));
  }
  return [...seen].sort((a, b) => a[0] - b[0]);
}, n);

function assertQuiet(page) { assert.deepStrictEqual(page.complaints, []); }

async function assertFits(page) {
  const [wanted, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wanted <= width, `the page is ${wanted} wide in a window of ${width}`);
}

// What a page is looked at in: [theme, size]. Colours are the same in every size.
const LOOKS = [["light", "wide"], ["dark", "wide"], ["light", "phone"]];

// Every rule of axe-core, not only those of a standard. Of the source, which is the same line over and
// over, the first lines and those where a CPU stands are looked at.
async function violations(page, axe) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const found = await axe.run({include: [["html"]], exclude: [[".code > div:nth-child(n+20):not(.at)"]]}, {resultTypes: ["violations"]});
    return found.violations.map((rule) => `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`);
  });
}

async function assertAccessible(page, axe, where) {
  assert.deepStrictEqual(await violations(page, axe), [], where);
}

// The keys that the sheet lists, as the browser names them.
async function keysOfSheet(page) {
  const names = {"\u2192": "ArrowRight", "\u2190": "ArrowLeft", "\u2193": "ArrowDown", "\u2191": "ArrowUp", space: " "};
  await press(page, "?");
  const shown = await page.locator("#keys kbd").allInnerTexts();
  await press(page, "?");
  return shown.map((key) => names[key] || key);
}

module.exports = {LOOKS, rowNow, rowInView, text, press, walk, goTo, rowsShown, assertQuiet, assertFits, violations, assertAccessible, keysOfSheet};
