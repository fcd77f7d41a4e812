// The page of two runs beside each other.
"use strict";

const assert = require("assert");
const {rowNow, text, press, walk, rowsShown, assertQuiet, assertFits, LOOKS, assertAccessible, keysOfSheet} = require("./checks");
const {StepsOf} = require("./steps_of");

const both = async (page) => [await rowNow(page, 0), await rowNow(page, 1)];
const runsOf = (pages) => [new StepsOf(pages.pair.data.before), new StepsOf(pages.pair.data.after)];

async function itSaysWhichIsBeforeAndWhichIsAfter({browser, pages}) {
  const page = await browser.open(pages.pair.file);
  const sides = await page.locator(".side").allInnerTexts();
  assert.ok(/before[^]*broken\/r11-waits-for-nobody[^]*with bug R11/.test(sides[0]), sides[0]);
  assert.ok(/after[^]*rqspinlock[^]*no finding/.test(sides[1]), sides[1]);
  assertQuiet(page);
  await page.close();
}

async function bothStepTogetherUntilTheyDiffer({browser, pages}) {
  const [before, after] = runsOf(pages);
  const page = await browser.open(pages.pair.file);
  assert.deepStrictEqual(await both(page), [0, 0]);
  const same = ([i, j]) => i >= 0 && j >= 0 && before.text(i) === after.text(j);
  const walked = await walk(page, "ArrowRight", 40);
  walked.forEach(({rows, caption}) => assert.ok(same(rows) && !/this run/.test(caption), `${rows}: ${caption}`));
  assert.deepStrictEqual(walked.map(({rows}) => rows[0]), walked.map((_, i) => i + 1));
  await press(page, "d");
  const last = await both(page);
  assert.ok(!same(last), "the first difference is none");
  assert.ok(/only this run does this|with another value/.test((await page.locator(".caption").allInnerTexts()).join()));
  await press(page, "ArrowLeft");
  assert.ok(same(await both(page)), "there is a difference before the first");
  await press(page, "Home", "d");
  assert.deepStrictEqual(await both(page), last, "d goes to the first difference");
  await press(page, "Home");
  await page.click("#first-difference");
  assert.deepStrictEqual(await both(page), last);
  assert.ok(await page.locator(".pane.after .row.none, .pane.before .row.none").count() > 0, "no gap is shown");
  await press(page, "d");
  const second = await both(page);
  assert.notDeepStrictEqual(second, last);
  await press(page, "D");
  assert.deepStrictEqual(await both(page), last);
  assertQuiet(page);
  await page.close();
}

// Every row of both runs is in its lane once, in its order; what does the same stands at one height.
async function everyRowHasItsPlace({browser, pages}) {
  const page = await browser.open(pages.pair.file);
  await press(page, "u", "Home");
  const lanes = [await rowsShown(page, 0), await rowsShown(page, 1)], runs = runsOf(pages);
  lanes.forEach((lane, n) => assert.deepStrictEqual(lane.map(([, row]) => row), runs[n].rows.map((_, row) => row)));
  const after = new Map(lanes[1]);
  const level = lanes[0].filter(([top, row]) => after.has(top) && runs[0].text(row) === runs[1].text(after.get(top)));
  assert.ok(level.length > 100, `only ${level.length} rows stand beside their like`);
  assertQuiet(page);
  await page.close();
}

async function oneCanBeSteppedAlone({browser, pages}) {
  const page = await browser.open(pages.pair.file, "#before=20&after=20");
  const start = await both(page);
  await press(page, "a");
  assert.strictEqual(await text(page, "#together"), "before alone");
  await press(page, "ArrowRight", "ArrowRight");
  const moved = await both(page);
  assert.ok(moved[0] > start[0]);
  assert.strictEqual(moved[1], start[1]);
  const link = page.url();
  await page.goto("about:blank");
  await page.goto(link);
  assert.deepStrictEqual(await both(page), moved, "the link of a pair apart");
  await press(page, "a");
  assert.strictEqual(await text(page, "#together"), "after alone");
  await press(page, "ArrowRight");
  assert.strictEqual((await both(page))[0], moved[0]);
  await press(page, "a");
  const [before, after] = runsOf(pages), together = await both(page);
  assert.strictEqual(before.text(together[0]), after.text(together[1]));
  assertQuiet(page);
  await page.close();
}

async function lockAndSourceTakeTurns({browser, pages}) {
  const page = await browser.open(pages.pair.file, "#before=20&after=20");
  const shown = () => page.locator(".source").first().isVisible();
  assert.strictEqual(await shown(), false);
  await press(page, "s");
  assert.strictEqual(await shown(), true);
  assert.ok(await page.locator(".pane.after .code .now").count() > 0);
  await page.click("#view");
  assert.strictEqual(await shown(), false);
  assertQuiet(page);
  await page.close();
}

async function itsSheetHasTheKeysOfTwoRuns({browser, pages}) {
  const page = await browser.open(pages.pair.file);
  const keys = await keysOfSheet(page);
  for (const key of ["d", "D", "a", "s"]) assert.ok(keys.includes(key), key);
  for (const [n, side] of ["before", "after"].entries())
    for (const what of ["token", "command"]) {
      await page.click(`.pane.${side} [data-copy=${what}]`);
      await page.waitForFunction(([where, which]) => document.querySelector(`.pane.${where} [data-copy=${which}]`).textContent === "Copied", [side, what]);
      assert.strictEqual(await page.evaluate(() => navigator.clipboard.readText()), runsOf(pages)[n].run[what]);
    }
  assertQuiet(page);
  await page.close();
}

async function bothThemesAreAccessible({browser, pages, axe}) {
  for (const [theme, size] of LOOKS) {
    const page = await browser.open(pages.pair.file, "", {theme, size});
    await press(page, "d");
    await assertAccessible(page, axe, `${theme} ${size} difference`);
    await press(page, "s", "a", "n");
    if (theme === "dark") await assertAccessible(page, axe, `${theme} ${size} source`);
    await assertFits(page);
    assertQuiet(page);
    await page.close();
  }
}

async function thePageIsSmall({pages}) { assert.ok(pages.pair.size < 300_000, `${pages.pair.size} bytes`); }

module.exports = [
  itSaysWhichIsBeforeAndWhichIsAfter, bothStepTogetherUntilTheyDiffer, everyRowHasItsPlace, oneCanBeSteppedAlone,
  lockAndSourceTakeTurns, itsSheetHasTheKeysOfTwoRuns, bothThemesAreAccessible, thePageIsSmall,
];
