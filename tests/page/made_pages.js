// The pages under test, written by the lockstep command as a user would, in a folder of their own.
"use strict";

const fs = require("fs");
const path = require("path");
const {spawnSync} = require("child_process");

const LONG_ROWS = 100_000;

// Two CPUs that take a lock so often that the run has that many rows.
const LONG_SCENARIO = `scenario: 1
name: long-run
summary: Two CPUs take a lock many times.
machine: { cpus: 2 }
locks: { A: rqspinlock }
programs:
  worker: |
    repeat (4700) {
      r0 = res_spin_lock(A);
      if (!r0) res_spin_unlock(A);
    }
cpus:
  0: { task: worker }
  1: { task: worker }
expect:
  always: [ exited(worker) ]
`;

class MadePages {
  constructor(lockstep, folder) {
    this.lockstep = lockstep;
    this.folder = folder;
    fs.rmSync(folder, {recursive: true, force: true});
    fs.mkdirSync(path.join(folder, "home"), {recursive: true});
  }

  command(words) {
    const home = path.join(this.folder, "home");
    return spawnSync(this.lockstep, words, {
      cwd: this.folder, encoding: "utf8", maxBuffer: 1 << 28,
      env: {...process.env, HOME: home, XDG_STATE_HOME: home, XDG_CACHE_HOME: path.join(home, "cache")},
    });
  }

  write(name, words) {
    const ran = this.command([...words, "-o", name]);
    if (ran.status !== 0) throw new Error(`lockstep ${words.join(" ")}: exit code ${ran.status}: ${ran.stderr}`);
    return this.read(name);
  }

  // {file, size, data}
  read(name) {
    const file = path.join(this.folder, name), text = fs.readFileSync(file, "utf8");
    const data = JSON.parse(/<script type="application\/json" id="run">(.*?)<\/script>/s.exec(text)[1]);
    return {file, size: Buffer.byteLength(text), data};
  }

  report() {
    return this.write("report.html", ["report", "r11-head-waits-for-nobody", "--port", "broken/r11-waits-for-nobody"]);
  }

  pair() {
    return this.write("pair.html", ["report", "r11-head-waits-for-nobody", "--port", "broken/r11-waits-for-nobody",
                                    "--against-port", "rqspinlock"]);
  }

  // A failure that one pick made inevitable.
  turned() {
    return this.write("turned.html", ["report", "contention-2cpu", "--port", "broken/ignored-cmpxchg"]);
  }

  game() { return this.write("game.html", ["play", "abba-race", "--port", "rqspinlock"]); }
  nmiGame() { return this.write("nmi-game.html", ["play", "nmi-anywhere", "--port", "rqspinlock"]); }
  brokenGame() { return this.write("broken-game.html", ["play", "lock-2cpu", "--port", "broken/ignored-cmpxchg"]); }
  // A scenario in which nothing is left to choose.
  noGame() { return this.write("no-game.html", ["play", "aa-nmi", "--port", "rqspinlock"]); }

  long() {
    fs.writeFileSync(path.join(this.folder, "long-run.yaml"), LONG_SCENARIO);
    return this.write("long.html", ["report", "./long-run.yaml", "--port", "rqspinlock"]);
  }
}

module.exports = {MadePages, LONG_ROWS};
