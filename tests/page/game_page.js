// The page of a game: moves, goals, taking back, and a token that replays what was played.
"use strict";

const assert = require("assert");
const path = require("path");
const {text, press, rowNow, assertQuiet, assertFits, LOOKS, assertAccessible, keysOfSheet} = require("./checks");

const CPU = 2, DEPTH = 3, KIND = 4, WHAT = 6;
const WALKS = 12;

const options = (page) => page.locator("#options .option b").allInnerTexts();

// The page's own Game, without a page.
function gameOf(data) {
  Object.assign(global, {RunView: class {}, STEP: 0, TIME: 1});
  const {Game} = require(path.resolve(__dirname, "../../tools/report/play_view.js"));
  return new Game(data);
}

// What happened, without what stands as a chip on a row in a report and may be a row in a game.
function deeds(run, rows) {
  const chips = ["point", "lock_event", "contention_begin", "contention_end", "preempt_off", "preempt_on", "irq_off", "irq_on"];
  return rows.filter((row) => !chips.includes(run.kinds[row[KIND]]) && run.kinds[row[KIND]] !== "execution_end")
    .map((row) => `${row[CPU]}.${row[DEPTH]} ${run.texts[row[WHAT]]}`);
}

const valuesAfter = (run, rows) => {
  const values = run.initial.slice();
  for (const row of rows) for (let i = 0; i < row[10].length; i += 2) values[row[10][i]] = row[10][i + 1];
  return values;
};

// Walks to an end at random; then the command, given the token, must make the same run.
async function everyTokenReplaysWhatWasPlayed({pages, made}) {
  let seed = 7;
  const random = (bound) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * bound);
  };
  for (let walk = 0; walk < WALKS; ++walk) {
    const data = (walk % 2 ? pages.game : pages.nmiGame).data, game = gameOf(data);
    while (game.options().length) game.move(random(game.options().length));
    const port = data.port, token = game.token();
    const report = made.write("walk.html", ["report", token, "--port", port, "--no-inflection"]).data;
    const {rows} = game.rows();
    assert.deepStrictEqual(deeds(data, rows), deeds(report, report.rows), token);
    assert.deepStrictEqual(valuesAfter(data, rows), valuesAfter(report, report.rows), token);
    const steps = data.first_step + rows.reduce((sum, row) => sum + row[0], 0);
    assert.ok(report.steps - steps <= 1, `${steps} of ${report.steps} steps`);
  }
}

// Taking the same moves in another order may lead to the same state; what follows is then the same.
async function undoAndRestartLeaveNoTrace({pages}) {
  const game = gameOf(pages.game.data), fresh = gameOf(pages.game.data);
  for (let i = 0; i < 12; ++i) game.move(i % game.options().length);
  const token = game.token(), rows = game.rows().rows.length;
  game.move(0);
  game.undo();
  assert.strictEqual(game.token(), token);
  assert.strictEqual(game.rows().rows.length, rows);
  assert.strictEqual(game.move(99), false);
  while (game.undo());
  assert.strictEqual(game.token(), fresh.token());
  assert.deepStrictEqual([...game.reached], [...fresh.reached]);
}

async function aDeadlockIsPlayedWithTheKeyboardAlone({browser, pages, made}) {
  const page = await browser.open(pages.game.file);
  assert.deepStrictEqual(await options(page), ["cpu0", "cpu1"]);
  assert.ok((await text(page, ".option .does")).length > 10, "an option does not say what it would touch");
  const until = async (key, done) => {
    for (let i = 0; i < 60 && !(await done()); ++i) await press(page, key);
  };
  const held = (cpu) => page.locator(".table").nth(cpu).locator(".entry.held").count();
  await until("1", () => held(0));
  await until("2", () => held(1));
  assert.deepStrictEqual([await held(0), await held(1)], [1, 1]);
  assert.strictEqual(await page.locator("#goals .reached").count(), 0);
  await until("Enter", async () => await page.locator("#goals .reached").count() > 0);
  assert.ok(/-EDEADLK/.test(await text(page, "#goals .reached")), await text(page, "#goals"));
  assert.ok(/reached after \d+ moves/.test(await text(page, "#goals .reached")));
  await press(page, "u");
  assert.strictEqual(await page.locator("#goals .reached").count(), 0, "a goal stays reached when its move is taken back");
  await press(page, "Enter");
  assert.strictEqual(await page.locator("#goals .reached").count(), 1);
  await until("Enter", async () => (await options(page)).length === 0);
  assert.ok(/every task ran to its end/.test(await text(page, "#options")), await text(page, "#options"));
  await page.click("#copy-token");
  await page.waitForFunction(() => document.getElementById("copy-token").textContent === "Copied");
  const token = await page.evaluate(() => navigator.clipboard.readText());
  assert.strictEqual(token, await text(page, "#token"));
  const replayed = made.command(["replay", token, "--port", pages.game.data.port, "--trace"]);
  assert.strictEqual(replayed.status, 0, replayed.stderr);
  assert.ok(replayed.stdout.includes("-EDEADLK"));
  await press(page, "R");
  assert.strictEqual(await text(page, "#moves"), "0 moves");
  assertQuiet(page);
  await page.close();
}

async function buttonsPickFireAndTakeBack({browser, pages}) {
  const page = await browser.open(pages.nmiGame.file);
  const start = await text(page, "#token");
  await page.locator("#options .option").nth(1).click();
  assert.strictEqual(await text(page, "#moves"), "1 move");
  const nmi = async () => (await options(page)).some((name) => name.startsWith("nmi"));
  for (let i = 0; i < 20 && !(await nmi()); ++i) await page.locator("#options .option").first().click();
  assert.ok(await nmi(), "no NMI is offered");
  await press(page, "!");
  assert.ok(await page.locator(".bar.n").count() > 0, "no NMI is in the lanes");
  const rows = await rowNow(page);
  await press(page, "ArrowLeft");
  assert.strictEqual(await rowNow(page), rows - 1, "the moves so far can be stepped through");
  while (!(await page.locator("#undo").isDisabled())) await page.click("#undo");
  assert.strictEqual(await text(page, "#token"), start);
  assertQuiet(page);
  await page.close();
}

async function aFindingIsToldWhereItIsMade({browser, pages}) {
  const data = pages.brokenGame.data, game = gameOf(data);
  const [where] = Object.keys(data.notes).filter((key) => data.notes[key].some(([kind]) => kind === "finding"));
  assert.ok(where, "no move of this game leads to a finding");
  // The way there, backwards along the edges.
  const [node, last] = where.split(".").map(Number), before = new Map();
  data.nodes.forEach((edges, from) => edges.forEach((edge, i) => { if (!before.has(edge[1])) before.set(edge[1], [from, i]); }));
  const moves = [last];
  for (let at = node; at !== 0; at = before.get(at)[0]) moves.unshift(before.get(at)[1]);
  const page = await browser.open(pages.brokenGame.file);
  for (const move of moves) {
    game.move(move);
    await press(page, String(move + 1));
  }
  assert.ok(/\d finding/.test(await text(page, "#facts")), await text(page, "#facts"));
  assert.strictEqual(await text(page, "#token"), game.token());
  assert.ok(await page.locator(".caption .alarm").count() > 0);
  assertQuiet(page);
  await page.close();
}

async function itsSheetHasItsKeys({browser, pages}) {
  const page = await browser.open(pages.game.file);
  const keys = await keysOfSheet(page);
  for (const key of ["1", "9", "Enter", "!", "u", "Backspace", "R", "y", "ArrowLeft", "?"]) assert.ok(keys.includes(key), key);
  assert.strictEqual(new Set(keys).size, keys.length, "a key is listed twice");
  await press(page, "1", "Backspace", "1", "R", "!");
  assert.strictEqual(await text(page, "#moves"), "0 moves");
  assertQuiet(page);
  await page.close();
}

async function bothThemesAreAccessible({browser, pages, axe}) {
  for (const [theme, size] of LOOKS) {
    const page = await browser.open(pages.nmiGame.file, "", {theme, size});
    await press(page, "1", "1", "2", "2", "!");
    await assertAccessible(page, axe, `${theme} ${size}`);
    await assertFits(page);
    assertQuiet(page);
    await page.close();
  }
}

async function aGameOfOneWayIsSaidToBeOver({browser, pages}) {
  const page = await browser.open(pages.noGame.file);
  assert.deepStrictEqual(await options(page), []);
  assert.ok(/every task ran to its end/.test(await text(page, "#options")));
  assert.ok(await rowNow(page) > 10, "its only run is not shown");
  assertQuiet(page);
  await page.close();
}

module.exports = [
  everyTokenReplaysWhatWasPlayed, undoAndRestartLeaveNoTrace, aDeadlockIsPlayedWithTheKeyboardAlone,
  buttonsPickFireAndTakeBack, aFindingIsToldWhereItIsMade, itsSheetHasItsKeys, bothThemesAreAccessible, aGameOfOneWayIsSaidToBeOver,
];
