// What the browser tests need and this repository does not hold: the npm packages of package.json, put
// into the build folder once, and a Chromium. Throws Missing, with the reason and what to do.
"use strict";

const fs = require("fs");
const path = require("path");
const {spawnSync} = require("child_process");

class Missing extends Error {}

const NPM_SECONDS = 120;
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

// node_modules of `folder`, made by `npm ci` if it is not there or of another package-lock.json.
function installPackages(folder) {
  const wanted = fs.readFileSync(path.join(__dirname, "package-lock.json"), "utf8");
  const stamp = path.join(folder, "node_modules", ".installed-lock.json");
  fs.mkdirSync(folder, {recursive: true});
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== wanted) {
    for (const name of ["package.json", "package-lock.json"])
      fs.copyFileSync(path.join(__dirname, name), path.join(folder, name));
    const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                          {cwd: folder, encoding: "utf8", timeout: NPM_SECONDS * 1000});
    if (npm.error && npm.error.code === "ENOENT") throw new Missing("npm is missing: `tools/setup --dev` installs it");
    if (npm.error || npm.status !== 0)
      throw new Missing(`npm ci in ${folder} failed (is there a network?): ${npm.error || npm.stderr.trim().split("\n")[0]}`);
    fs.writeFileSync(stamp, wanted);
  }
  const from = (name) => require(path.join(folder, "node_modules", name));
  return {chromium: from("playwright-core").chromium, axe: from("axe-core").source};
}

function findBrowser() {
  const found = BROWSERS.find((file) => fs.existsSync(file));
  if (!found) throw new Missing("no Chromium: `tools/setup --dev` installs it");
  return found;
}

module.exports = {Missing, installPackages, findBrowser};
