// Opens the pages that lockstep writes in a real browser and uses them as a reader would.
//   node page_test.js LOCKSTEP FOLDER [NAME]   all tests, or those whose name has NAME in it
//   node page_test.js LOCKSTEP FOLDER --measure   how long opening and stepping take; judges nothing
// FOLDER is for what is made and installed. Exit codes: 0, 1 a test failed, 77 something is missing.
"use strict";

const path = require("path");
const {Missing, installPackages, findBrowser} = require("./install");
const {Browser} = require("./browser");
const {MadePages, LONG_ROWS} = require("./made_pages");
const {measure} = require("./measure");

const SUITES = {report: require("./report_page"), pair: require("./pair_page"), game: require("./game_page")};
const SKIPPED = 77;

async function runTests(around, wanted) {
  let failed = 0, ran = 0;
  for (const [suite, tests] of Object.entries(SUITES))
    for (const test of tests) {
      const name = `${suite}: ${test.name}`, start = Date.now();
      if (!name.includes(wanted)) continue;
      ++ran;
      try {
        await test(around);
        console.log(`ok      ${name} (${Date.now() - start} ms)`);
      } catch (error) {
        ++failed;
        console.log(`FAILED  ${name}\n${error.stack}`);
      }
    }
  if (!ran) throw new Error(`no test has ${wanted} in its name`);
  console.log(failed ? `${failed} of ${ran} failed` : `all ${ran} passed`);
  return failed ? 1 : 0;
}

// Pages are made when they are first asked for.
function pagesOf(made) {
  const pages = {};
  for (const name of ["report", "pair", "turned", "long", "game", "nmiGame", "brokenGame", "noGame"]) {
    let page;
    Object.defineProperty(pages, name, {get: () => (page = page || made[name]())});
  }
  return pages;
}

async function main([lockstep, folder, wanted = ""]) {
  if (!lockstep || !folder) throw new Error("expected the lockstep binary and a folder");
  const {chromium, axe} = installPackages(path.resolve(folder));
  const executable = findBrowser();
  const made = new MadePages(path.resolve(lockstep), path.join(path.resolve(folder), "made"));
  const browser = await Browser.start(chromium, executable);
  try {
    const around = {browser, axe, made, pages: pagesOf(made), longRows: LONG_ROWS};
    return wanted === "--measure" ? await measure(around) : await runTests(around, wanted);
  } finally {
    await browser.stop();
  }
}

main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
  const missing = error instanceof Missing;
  console.log(missing ? `SKIPPED: the pages were not tested in a browser: ${error.message}` : error.stack);
  process.exitCode = missing ? SKIPPED : 1;
});
