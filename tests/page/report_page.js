// The page of one run: every key of its sheet, every button, links, copying, slider, playing.
"use strict";

const assert = require("assert");
const {rowNow, rowInView, text, press, walk, goTo, rowsShown, assertQuiet, assertFits, LOOKS, violations, assertAccessible, keysOfSheet} = require("./checks");
const {StepsOf} = require("./steps_of");

const KEYS = {};  // key -> what it must do; `at` has the page, what is in it, and the step it is at

const lastRow = (at) => at.steps.rows.length - 1;
const lockShown = async (page) => Number(await page.locator(".state .tabs [aria-pressed=true]").getAttribute("data-lock"));
// Neighbours in the lanes, where rows that are folded have none.
const neighbour = (at, by) => at.shown[Math.min(Math.max(at.shown.indexOf(at.row) + by, 0), at.shown.length - 1)];
const goes = (where) => async (at, key) => {
  const expected = await where(at);
  assert.notStrictEqual(expected, at.row, `${key} is tried where it does nothing`);
  await press(at.page, key);
  assert.strictEqual(await rowNow(at.page), expected, `${key} at row ${at.row}`);
};
for (const key of ["ArrowRight", "ArrowDown", "j"]) KEYS[key] = goes((at) => neighbour(at, 1));
for (const key of ["ArrowLeft", "ArrowUp", "k"]) KEYS[key] = goes((at) => neighbour(at, -1));
KEYS.PageDown = goes((at) => neighbour(at, 20));
KEYS.PageUp = goes((at) => neighbour(at, -20));
KEYS.Home = goes(() => 0);
KEYS.End = goes(lastRow);
KEYS.w = goes(async (at) => at.steps.nextOfLock(at.row, 1, await lockShown(at.page)));
KEYS.W = goes(async (at) => at.steps.nextOfLock(at.row, -1, await lockShown(at.page)));
KEYS.c = goes((at) => at.steps.nextOfCpu(at.row, 1));
KEYS.C = goes((at) => at.steps.nextOfCpu(at.row, -1));
KEYS.n = goes((at) => at.steps.nextStop(at.row, 1));
KEYS.N = goes((at) => at.steps.nextStop(at.row, -1));

KEYS[" "] = async ({page, row}) => {
  await press(page, " ");
  assert.strictEqual(await text(page, "#play"), "Pause");
  await page.waitForFunction((from) => Number(document.querySelector(".row.now").dataset.row) > from, row);
  await press(page, " ");
  const stopped = await rowNow(page);
  assert.strictEqual(await text(page, "#play"), "Play");
  await page.waitForTimeout(900);
  assert.strictEqual(await rowNow(page), stopped);
};

KEYS.l = async ({page}) => {
  const before = await lockShown(page), name = await text(page, ".hex");
  await press(page, "l");
  assert.notStrictEqual(await lockShown(page), before);
  assert.notStrictEqual(await text(page, ".hex"), name);
};

KEYS.u = async ({page, steps, row}) => {
  const height = () => page.evaluate(() => document.querySelector(".lane-space").clientHeight);
  const folded = await height();
  await press(page, "u");
  assert.ok(await height() > folded, "nothing was folded");
  assert.strictEqual(await height() / 26, steps.rows.length);
  assert.strictEqual(await rowNow(page), row);
};

KEYS.y = async ({page}) => {
  await press(page, "y");
  await page.waitForFunction(() => document.getElementById("copy-link").textContent === "Copied");
  assert.strictEqual(await page.evaluate(() => navigator.clipboard.readText()), page.url());
};

KEYS.t = async ({page}) => {
  const theme = () => page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]);
  const [name, ground] = await theme();
  await press(page, "t");
  const [other, otherGround] = await theme();
  assert.notStrictEqual(other, name);
  assert.notStrictEqual(otherGround, ground);
};

KEYS["?"] = async ({page}) => {
  await press(page, "?");
  assert.ok(await page.locator("#keys").isVisible());
  const row = await rowNow(page);
  await press(page, "j");
  assert.strictEqual(await rowNow(page), row, "a key acts behind the sheet");
  await press(page, "Escape");
  assert.ok(!(await page.locator("#keys").isVisible()));
};

async function everyKeyOfTheSheetDoesWhatItSays({browser, pages}) {
  const report = pages.report, steps = new StepsOf(report.data);
  const start = await browser.open(report.file, "#step=40");
  const listed = await keysOfSheet(start);
  assert.deepStrictEqual([...listed].sort(), Object.keys(KEYS).sort(), "the sheet, and what is tried here");
  await start.close();
  const page = await browser.open(report.file, "#step=40");
  const shown = (await rowsShown(page)).map(([, row]) => row);
  await press(page, "Home");
  assert.ok(shown.length < steps.rows.length, "nothing is folded in this run");
  for (const key of listed) {
    await goTo(page, key === "N" ? steps.steps[lastRow({steps})] : 40);
    await KEYS[key]({page, steps, shown, row: await rowNow(page)}, key);
  }
  assertQuiet(page);
  await page.close();
}

async function everyButtonDoesWhatItsKeyDoes({browser, pages}) {
  const same = {back: "ArrowLeft", next: "ArrowRight", first: "Home", last: "End", "lock-back": "W", "lock-next": "w",
                "cpu-back": "C", "cpu-next": "c", "finding-next": "n"};
  const page = await browser.open(pages.report.file);
  const from = async (act) => {
    await goTo(page, 40);
    await page.click(".state .tabs [data-lock='0']");
    await act();
    return rowNow(page);
  };
  for (const [button, key] of Object.entries(same)) {
    const byKey = await from(() => press(page, key));
    assert.strictEqual(await from(() => page.click(`#${button}`)), byKey, button);
  }
  const other = await rowInView(page);
  await page.click(`.row[data-row="${other}"]`);
  assert.strictEqual(await rowNow(page), other);
  await page.click(".state .tabs [data-lock='1']");
  assert.ok((await text(page, ".hex")).startsWith("B = "));
  assertQuiet(page);
  await page.close();
}

async function linksOpenAStep({browser, pages}) {
  const report = pages.report, steps = new StepsOf(report.data);
  const page = await browser.open(report.file, "#step=17");
  assert.strictEqual(steps.steps[await rowNow(page)], 17);
  const second = steps.steps.findIndex((step, i) => i > 0 && step === steps.steps[i - 1] && step > 17);
  const name = `${steps.steps[second]}.2`;
  await goTo(page, name);
  const row = await rowNow(page);
  assert.strictEqual(row, second);
  await press(page, "y");
  await page.waitForFunction(() => document.getElementById("copy-link").textContent === "Copied");
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.goto("about:blank");
  await page.goto(link);
  assert.strictEqual(await rowNow(page), row);
  for (const bad of ["#step=", "#step=x", "#step=99999999", "#nonsense", "#step=-1&after=3"]) {
    await page.goto("about:blank");
    await page.goto(`file://${report.file}${bad}`);
    assert.ok(await rowNow(page) >= 0, bad);
  }
  assertQuiet(page);
  await page.close();
}

async function copiesReplay({browser, pages}) {
  const page = await browser.open(pages.report.file);
  for (const what of ["token", "command"]) {
    await page.click(`#copy-${what}`);
    await page.waitForFunction((id) => document.getElementById(id).textContent === "Copied", `copy-${what}`);
    assert.strictEqual(await page.evaluate(() => navigator.clipboard.readText()), pages.report.data[what]);
  }
  assertQuiet(page);
  await page.close();
}

async function theSliderMoves({browser, pages}) {
  const page = await browser.open(pages.report.file);
  await page.locator("#slider").fill("30");
  const row = await rowNow(page);
  assert.ok(row > 20, `row ${row}`);
  await page.focus("#slider");
  await press(page, "ArrowRight");
  assert.ok(await rowNow(page) > row);
  assertQuiet(page);
  await page.close();
}

// The caption, the cycle, the turn and the source lines of a run that has them all.
async function thePictureShowsWhatTheRunHas({browser, pages}) {
  const report = pages.report, steps = new StepsOf(report.data);
  const finding = report.data.moments.find((moment) => moment.kind === "finding");
  const page = await browser.open(report.file, `#step=${steps.steps[finding.row]}`);
  await press(page, "End");
  await press(page, "N");
  const stop = await rowNow(page);
  assert.ok(steps.stops.has(stop));
  assert.ok((await text(page, ".caption")).length > 40);
  assert.ok(await page.locator(".row.marked").count() > 0, "no finding is marked in the lanes");
  assert.ok(await page.locator(".code .at .who").count() > 0, "no CPU stands in the source");
  await press(page, "Home", "n");
  const seen = await walk(page, "ArrowLeft", 50, [".wait.cycle", ".row.fold", ".row.time_leap", ".diagram .edge.lit", ".changed"]);
  assert.deepStrictEqual([0, 1, 2, 3, 4].map((look) => seen.some(({looks}) => looks[look])), [true, true, true, true, true]);
  assertQuiet(page);
  await page.close();
}

// A pick that made a failure inevitable is marked in the lanes and told in the caption.
async function theInflectionIsMarked({browser, pages}) {
  const turned = pages.turned, row = turned.data.inflection.row;
  assert.ok(row !== undefined, "this run has no pick that made its failure inevitable");
  const page = await browser.open(turned.file);
  await press(page, "Home");
  await press(page, "n");
  assert.strictEqual(await rowNow(page), row, "the turn is the first stop of this run");
  assert.ok(await page.locator(".row.now.turning").count() === 1);
  assert.ok(/inevitable/i.test(await text(page, ".turn")));
  assertQuiet(page);
  await page.close();
}

async function onlyVisibleRowsAreInTheDocument({browser, pages, longRows}) {
  const rows = pages.long.data.rows.length;
  assert.ok(rows >= longRows, `only ${rows} rows`);
  const page = await browser.open(pages.long.file);
  const count = () => page.locator(".row").count();
  assert.ok(await count() < 80, `${await count()} rows in the document`);
  await press(page, "End", "ArrowLeft", "Home", "PageDown");
  assert.ok(await count() < 80, `${await count()} rows in the document`);
  await press(page, "End");
  assert.strictEqual(await rowNow(page), rows - 1);
  assertQuiet(page);
  await page.close();
}

async function bothThemesAreAccessible({browser, pages, axe}) {
  for (const [theme, size] of LOOKS) {
    const page = await browser.open(pages.report.file, "#step=40", {theme, size});
    await press(page, "n");
    await assertAccessible(page, axe, `${theme} ${size} finding`);
    await assertFits(page);
    if (size === "wide") {
      await press(page, "?");
      await assertAccessible(page, axe, `${theme} keys`);
    }
    assertQuiet(page);
    await page.close();
  }
}

async function thePageIsSmall({pages}) { assert.ok(pages.report.size < 300_000, `${pages.report.size} bytes`); }

// The checks themselves can fail.
async function theChecksSeeWhatIsWrong({browser, pages, axe}) {
  const page = await browser.open(pages.report.file);
  assertQuiet(page);
  await page.evaluate(() => console.log("a message"));
  assert.deepStrictEqual(page.complaints, ["console: a message"]);
  await page.addStyleTag({content: "#summary { color: #dcdcdc; } body { width: 3000px; }"});
  assert.ok((await violations(page, axe)).some((each) => each.startsWith("color-contrast")));
  await assert.rejects(assertFits(page), /wide in a window/);
  await page.close();
}

module.exports = [
  everyKeyOfTheSheetDoesWhatItSays, everyButtonDoesWhatItsKeyDoes, linksOpenAStep, copiesReplay, theSliderMoves,
  thePictureShowsWhatTheRunHas, theInflectionIsMarked, onlyVisibleRowsAreInTheDocument, bothThemesAreAccessible,
  thePageIsSmall, theChecksSeeWhatIsWrong,
];
