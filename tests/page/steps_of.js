// What the data of a page says, worked out here without the page's own scripts: the tests compare.
"use strict";

const CPU = 2, WHAT = 6, CHANGES = 10;

class StepsOf {
  constructor(run) {
    this.run = run;
    this.rows = run.rows;
    this.steps = [];
    let step = run.first_step;
    for (const row of run.rows) this.steps.push(step += row[0]);
    this.stops = new Set(run.moments.map((moment) => moment.row));
    const found = run.moments.find((moment) => moment.kind === "finding");
    if (run.inflection) this.stops.add(run.inflection.row ?? found.row);
  }

  text(row) { return this.run.texts[this.rows[row][WHAT]]; }

  next(row, direction, wanted) {
    for (let i = row + direction; i >= 0 && i < this.rows.length; i += direction) if (wanted(i)) return i;
    return row;
  }

  nextOfCpu(row, direction) { return this.next(row, direction, (i) => this.rows[i][CPU] === this.rows[row][CPU]); }
  nextStop(row, direction) { return this.next(row, direction, (i) => this.stops.has(i)); }

  // The next change of the lock's word or owner.
  nextOfLock(row, direction, lock) {
    const slots = new Set();
    this.run.slots.forEach(([kind, a], slot) => { if (["word", "owner"].includes(kind) && a === lock) slots.add(slot); });
    return this.next(row, direction, (i) => this.rows[i][CHANGES].some((value, at) => at % 2 === 0 && slots.has(value)));
  }
}

module.exports = {StepsOf};
