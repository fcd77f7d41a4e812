// How long a run of 100,000 rows takes to open and to step, in this browser on this machine. For
// people: it prints and judges nothing.
"use strict";

const {press} = require("./checks");

const KEYS = ["ArrowRight", "ArrowLeft", "PageDown", "w", "c", "End", "Home"];
const ROUNDS = 15;

// From a key to the frame that shows what it did.
async function millisecondsOf(page, key) {
  return page.evaluate(async (name) => {
    const start = performance.now();
    dispatchEvent(new KeyboardEvent("keydown", {key: name, bubbles: true}));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
  }, key);
}

async function measure({browser, pages}) {
  const long = pages.long, start = Date.now();
  const page = await browser.open(long.file);
  console.log(`${long.data.rows.length} rows, ${(long.size / 1e6).toFixed(1)} MB: open after ${Date.now() - start} ms`);
  await press(page, "PageDown");
  for (const key of KEYS) {
    const times = [];
    for (let i = 0; i < ROUNDS; ++i) times.push(await millisecondsOf(page, key));
    times.sort((a, b) => a - b);
    console.log(`${key.padEnd(10)} median ${times[ROUNDS >> 1].toFixed(1)} ms, longest ${times[ROUNDS - 1].toFixed(1)} ms`);
  }
  await page.close();
  return 0;
}

module.exports = {measure};
