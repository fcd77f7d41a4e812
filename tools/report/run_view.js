// The page of one run, or of two beside each other: it keeps where each of them is and answers keys
// and buttons. Places are what both runs share: the lines of the lanes, from the first to the last.
"use strict";

const PLAY_MS = 700;
const NARROW_PX = 760;  // as in page.css
const SIDES = ["before", "after"];

class RunView extends PageView {
  constructor(runs) {
    super();
    this.two = runs.length === 2;
    this.alone = -1;  // which pane moves by itself, of two
    this.timer = 0;
    this.panes = runs.map((run, i) => new RunPane(run, this.two ? SIDES[i] : "", {
      chosen: (row) => this.choose(i, row),
      unfold: () => this.unfold(),
      chosenLock: (lock) => this.lookAt(lock),
    }));
    for (const [i, pane] of this.panes.entries()) {
      $("panes").append(pane.root);
      pane.drawFrame(this.crowded());
      pane.part("lane-scroll").addEventListener("scroll", () => this.scrollOther(i));
    }
    document.body.classList.toggle("two", this.two);
    this.at = this.panes.map(() => 0);
    this.setPlaces(this.panes.map((pane) => foldRows(pane.model)));
    this.drawFacts();
    this.listen();
    this.drawStrip();
    this.openAddress();
  }

  crowded() { return this.two || innerWidth < NARROW_PX; }

  // --- places ---------------------------------------------------------------------------------

  setPlaces(items) {
    this.folded = items.some((list, i) => list.length !== this.panes[i].model.count);
    const models = this.panes.map((pane) => pane.model);
    this.places = this.two ? alignItems(models[0], items[0], models[1], items[1]) : items[0].map((item) => [item]);
    const differences = this.two ? this.places.map((place) => differenceAt(models, place)) : [];
    this.firstDifference = differences.findIndex((each) => each);
    this.panes.forEach((pane, i) => {
      pane.differs = (place) => differences[place] || "";
      pane.setPlaces(this.places.map((place) => place[i]));
    });
    $("slider").max = Math.max(this.places.length - 1, 0);
  }

  unfold() {
    const rows = this.panes.map((pane, i) => pane.rowAt(this.at[i]));
    this.setPlaces(this.panes.map((pane) => Array.from({length: pane.model.count}, (_, row) => row)));
    rows.forEach((row, i) => { this.at[i] = Math.max(this.panes[i].itemOf.get(row) || 0, 0); });
    if (this.alone < 0) this.at.fill(Math.max(...this.at));
    this.drawStrip();
    this.draw();
  }

  moving() { return this.alone < 0 ? this.panes.map((_, i) => i) : [this.alone]; }

  // Whose step it is: the pane that moves alone, or the first that has something there.
  lead() {
    if (this.alone >= 0) return this.alone;
    const found = this.places.length ? this.places[this.at[0]].findIndex((item) => typeof item === "number") : 0;
    return Math.max(found, 0);
  }

  isStop(place) { return this.moving().some((i) => typeof this.places[place][i] === "number"); }

  goPlace(place, follow = true) {
    for (const i of this.moving()) this.at[i] = place;
    this.draw(follow);
  }

  // A row that is folded away is shown by unfolding.
  goRow(i, row, follow = true) {
    const pane = this.panes[i];
    if (!pane.model.count) return;
    const wanted = Math.min(Math.max(row, 0), pane.model.count - 1);
    if (!pane.itemOf.has(wanted)) this.unfold();
    this.goPlace(pane.itemOf.get(wanted), follow);
  }

  // A row of the pane that stands still makes it the one that moves.
  choose(i, row) {
    if (this.alone >= 0) this.alone = i;
    this.goRow(i, row);
  }

  // So many steps on, or as many as there are.
  move(by) {
    const step = by < 0 ? -1 : 1;
    let to = -1;
    for (let place = this.at[this.lead()] + step, left = Math.abs(by); left > 0; place += step) {
      if (place < 0 || place >= this.places.length) break;
      if (!this.isStop(place)) continue;
      to = place;
      --left;
    }
    if (to >= 0) this.goPlace(to);
  }

  goEnd(place, step) {
    while (place >= 0 && place < this.places.length && !this.isStop(place)) place += step;
    if (place >= 0 && place < this.places.length) this.goPlace(place);
  }

  // The next place at which a pane that moves has a row like this, folded ones too.
  jump(direction, wanted, follow = true) {
    for (let place = this.at[this.lead()] + direction; place >= 0 && place < this.places.length; place += direction)
      for (const i of this.moving()) {
        const item = this.places[place][i];
        if (typeof item === "number" && wanted(this.panes[i], item)) return this.goPlace(place, follow);
        for (let n = 0; item !== undefined && typeof item !== "number" && n <= item.to - item.from; ++n) {
          const row = direction > 0 ? item.from + n : item.to - n;
          if (wanted(this.panes[i], row)) return this.goRow(i, row, follow);
        }
      }
  }

  jumpLock(direction) { this.jump(direction, (pane, row) => pane.model.touches(row, pane.lock), false); }
  jumpCpu(direction) {
    const lead = this.panes[this.lead()];
    if (!lead.model.count) return;
    const cpu = lead.model.rows[lead.row][CPU];
    this.jump(direction, (pane, row) => pane.model.rows[row][CPU] === cpu);
  }
  jumpFinding(direction) { this.jump(direction, (pane, row) => pane.stops.includes(row)); }
  jumpDifference(direction) {
    const differs = this.panes[0].differs;
    for (let place = this.at[this.lead()] + direction; place >= 0 && place < this.places.length; place += direction)
      if (differs(place) && this.isStop(place)) return this.goPlace(place);
  }

  nextLock() { this.lookAt((this.panes[this.lead()].lock + 1) % Math.max(this.panes[0].run.locks.length, 1)); }
  lookAt(lock) {
    for (const pane of this.panes) if (lock < pane.run.locks.length) pane.lock = lock;
    this.draw(false);
  }

  nextAlone() {
    const lead = this.lead();
    this.alone = this.alone === this.panes.length - 1 ? -1 : this.alone + 1;
    if (this.alone < 0) this.at.fill(this.at[lead]);
    this.draw(false);
  }

  switchView() {
    const source = document.body.classList.toggle("show-source");
    $("view").textContent = source ? "Lock" : "Source";
    this.draw(false);
  }

  // --- drawing --------------------------------------------------------------------------------

  draw(follow = false) {
    if (!this.places.length) {
      for (const pane of this.panes) pane.drawStart();
      return this.drawWhere();
    }
    this.panes.forEach((pane, i) => {
      pane.show(this.at[i], follow);
      pane.root.classList.toggle("moving", this.two && (this.alone < 0 || this.alone === i));
    });
    // Of two, both show the lock that the leading one is about.
    if (this.two && follow) {
      const lock = this.panes[this.lead()].lock;
      for (const pane of this.panes)
        if (pane.lock !== lock && lock < pane.run.locks.length) {
          pane.lock = lock;
          pane.draw();
        }
    }
    $("slider").value = this.at[this.lead()];
    this.drawWhere();
    const address = this.address();
    if (location.hash !== address) history.replaceState(null, "", address);
  }

  nameOf(i) {
    const row = this.panes[i].rowAt(this.at[i]);
    return row < 0 ? "start" : this.panes[i].model.nameOf(row);
  }

  drawWhere() {
    const pane = this.panes[0], run = pane.run;
    const names = this.places.length ? this.panes.map((_, i) => this.nameOf(i)) : ["start"];
    const text = this.two ? SIDES.map((side, i) => `${side} ${names[i]}`).join(", ") :
      `step ${names[0]} of ${run.steps}, ${timeText(pane.model.count ? pane.model.times[pane.row] : 0)}`;
    $("where").textContent = text;
    $("slider").setAttribute("aria-valuetext", this.two ? text : `step ${names[0]}`);
    $("together").textContent = this.alone < 0 ? "both" : `${SIDES[this.alone]} alone`;
  }

  drawFacts() {
    const run = this.panes[0].run;
    $("title").textContent = run.scenario;
    $("summary").textContent = run.summary;
    for (const id of ["copy-token", "copy-command"]) $(id).hidden = this.two;
    if (!this.two) {
      $("facts").innerHTML = this.factsOf(run).join("");
      return;
    }
    const first = this.firstDifference;
    $("facts").innerHTML = first < 0 ? `<span>no difference</span>` :
      `<button type="button" id="first-difference">first difference: ${this.nameOfPlace(first)}</button>`;
    if (first >= 0) $("first-difference").addEventListener("click", () => this.goDifferent());
    this.panes.forEach((pane, i) => this.drawSide(pane, i));
  }

  // "before 65, not in after"
  nameOfPlace(place) {
    return SIDES.map((side, i) => {
      const item = this.places[place][i];
      if (item === undefined) return `not in ${side}`;
      return `${side} ${this.panes[i].model.nameOf(typeof item === "number" ? item : item.from)}`;
    }).join(", ");
  }

  goDifferent() {
    this.alone = -1;
    this.goPlace(this.firstDifference);
  }

  drawSide(pane, i) {
    const side = pane.part("side");
    side.hidden = false;
    side.innerHTML = `<b>${SIDES[i]}</b><span class="facts">${this.factsOf(pane.run).join("")}</span>
      <span class="copies"><button type="button" data-copy="token" aria-label="Copy the token of ${SIDES[i]}">Token</button><button
      type="button" data-copy="command" aria-label="Copy the command of ${SIDES[i]}">Command</button></span>`;
    side.addEventListener("click", (event) => {
      const what = event.target.dataset.copy;
      if (what) this.copy(pane.run[what], event.target);
    });
  }

  factsOf(run) {
    const errors = run.moments.filter((moment) => moment.kind === "finding").length;
    const version = run.version && !this.two ? ` (${safe(run.version)})` : "";
    const facts = [`<span title="${safe(run.version)}">${safe(run.port)}${version}</span>`, `<span>${run.steps} steps</span>`];
    if (!this.two) facts.push(`<span>${timeText(run.time_ns)}</span>`);
    if (run.scenario !== this.panes[0].run.scenario) facts.unshift(`<span>${safe(run.scenario)}</span>`);
    for (const bug of run.bugs) facts.push(`<span class="bad">with bug ${safe(bug)}</span>`);
    const refused = run.moments.filter((moment) => moment.kind === "error").length;
    if (refused && !this.two) facts.push(`<span>${refused} error${refused > 1 ? "s" : ""} returned</span>`);
    facts.push(errors ? `<span class="bad">${errors} finding${errors > 1 ? "s" : ""}</span>` : `<span class="good">no finding</span>`);
    if (run.dropped) facts.push(`<span class="bad">${run.dropped} rows left out</span>`);
    return facts;
  }

  // The whole run in one line: whose rows they are, and where something was found. Of two runs, one
  // above the other, with a mark where they first differ.
  drawStrip() {
    const canvas = $("strip"), width = canvas.clientWidth || 600;
    canvas.width = width;
    const paint = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
    const total = Math.max(this.places.length, 1), stride = Math.max(1, Math.floor(total / (4 * width)));
    this.panes.forEach((pane, i) => {
      const lanes = this.two ? 1 : Math.max(pane.cpus.length, 1);
      const lane = this.two ? 4 : 10 / lanes, top = this.two ? 2 + i * 7 : 4;
      for (let place = 0; place < this.places.length; place += stride) {
        const item = this.places[place][i];
        if (typeof item !== "number") continue;
        const cpu = pane.model.rows[item][CPU];
        paint.fillStyle = style.getPropertyValue(`--cpu${cpu % 8}`);
        paint.fillRect((place / total) * width, top + (this.two ? 0 : cpu * lane), Math.max(width / total, 1), Math.max(lane - 1, this.two ? 4 : 1));
      }
      paint.fillStyle = style.getPropertyValue("--bad");
      for (const row of pane.stops)
        if (pane.itemOf.has(row)) paint.fillRect((pane.itemOf.get(row) / total) * width, this.two ? i * 7 : 0, 2, this.two ? 7 : 14);
    });
    if (this.two && this.firstDifference >= 0) {
      paint.fillStyle = style.getPropertyValue("--accent-line");
      paint.fillRect((this.firstDifference / total) * width, 0, 2, 14);
    }
  }

  themeChanged() { this.drawStrip(); }

  // Two lanes that move together scroll together.
  scrollOther(i) {
    if (!this.two || this.alone >= 0) return;
    const top = this.panes[i].part("lane-scroll").scrollTop, other = this.panes[1 - i].part("lane-scroll");
    if (Math.abs(other.scrollTop - top) > 1) other.scrollTop = top;
  }

  play() {
    const playing = this.timer !== 0;
    clearInterval(this.timer);
    this.timer = playing ? 0 : setInterval(() => {
      const before = this.at[this.lead()];
      this.move(1);
      if (this.at[this.lead()] === before) this.play();
    }, PLAY_MS);
    $("play").textContent = playing ? "Play" : "Pause";
    $("play").setAttribute("aria-pressed", String(!playing));
  }

  // --- addresses ------------------------------------------------------------------------------

  address() {
    if (!this.two) return `#step=${this.nameOf(0)}`;
    return `#${SIDES.map((side, i) => `${side}=${this.nameOf(i)}`).join("&")}`;
  }

  copyLink() { this.copy(location.href.replace(/#.*/, "") + this.address(), $("copy-link")); }

  // "#step=9", or "#before=9&after=12": where both cannot be at one place, each is alone.
  openAddress() {
    const given = new Map(location.hash.slice(1).split("&").map((part) => part.split("=")));
    const keys = this.two ? SIDES : ["step"];
    const rows = keys.map((key, i) => {
      const text = given.get(key) || (i === 0 && given.get("step")) || "";
      return text === "start" ? -1 : text ? this.panes[i].model.rowOf(text) : undefined;
    });
    if (rows.every((row) => row === undefined || row < 0)) return this.places.length ? this.goEnd(0, 1) : this.draw();
    if (rows.some((row, i) => row >= 0 && !this.panes[i].itemOf.has(row))) this.unfold();
    const places = rows.map((row, i) => (row === undefined || row < 0 ? -1 : this.panes[i].itemOf.get(row)));
    const place = Math.max(...places);
    const fits = rows.every((row, i) => row === undefined || this.panes[i].rowAt(place) === row);
    this.alone = fits ? -1 : 0;
    this.at = this.at.map((_, i) => (fits ? place : Math.max(places[i], 0)));
    this.draw(true);
  }

  // --- keys and buttons -------------------------------------------------------------------------

  keys() {
    const two = [
      [["d"], "next difference", () => this.jumpDifference(1)],
      [["D"], "previous difference", () => this.jumpDifference(-1)],
      [["a"], "step both, before alone, after alone", () => this.nextAlone()],
      [["s"], "show the lock or the source", () => this.switchView()],
    ];
    return [
      [["ArrowRight", "ArrowDown", "j"], "step forward", () => this.move(1)],
      [["ArrowLeft", "ArrowUp", "k"], "step back", () => this.move(-1)],
      [["PageDown"], "twenty steps forward", () => this.move(20)],
      [["PageUp"], "twenty steps back", () => this.move(-20)],
      [["Home"], "first step", () => this.goEnd(0, 1)],
      [["End"], "last step", () => this.goEnd(this.places.length - 1, -1)],
      [[" "], "play or pause", () => this.play()],
      [["w"], "next change of this lock", () => this.jumpLock(1)],
      [["W"], "previous change of this lock", () => this.jumpLock(-1)],
      [["c"], "next step of this CPU", () => this.jumpCpu(1)],
      [["C"], "previous step of this CPU", () => this.jumpCpu(-1)],
      [["n"], "next finding", () => this.jumpFinding(1)],
      [["N"], "previous finding", () => this.jumpFinding(-1)],
      ...(this.two ? two : []),
      [["l"], "look at the next lock", () => this.nextLock()],
      [["u"], "show rows that are folded", () => this.unfold()],
      [["y"], "copy a link to this step", () => this.copyLink()],
      ...super.keys(),
    ];
  }

  listen() {
    const click = (id, action) => $(id).addEventListener("click", action);
    click("first", () => this.goEnd(0, 1));
    click("last", () => this.goEnd(this.places.length - 1, -1));
    click("back", () => this.move(-1));
    click("next", () => this.move(1));
    click("play", () => this.play());
    click("lock-back", () => this.jumpLock(-1));
    click("lock-next", () => this.jumpLock(1));
    click("cpu-back", () => this.jumpCpu(-1));
    click("cpu-next", () => this.jumpCpu(1));
    click("finding-back", () => this.jumpFinding(-1));
    click("finding-next", () => this.jumpFinding(1));
    click("difference-back", () => this.jumpDifference(-1));
    click("difference-next", () => this.jumpDifference(1));
    click("together", () => this.nextAlone());
    click("view", () => this.switchView());
    click("copy-token", () => this.copy(this.panes[0].run.token, $("copy-token")));
    click("copy-command", () => this.copy(this.panes[0].run.command, $("copy-command")));
    click("copy-link", () => this.copyLink());
    $("slider").addEventListener("input", () => {
      const place = Number($("slider").value);
      this.goEnd(place, this.isStop(place) || place === 0 ? 1 : -1);
    });
    addEventListener("resize", () => {
      for (const pane of this.panes) {
        pane.drawFrame(this.crowded());
        pane.drawLanes();
      }
      this.drawStrip();
    });
    addEventListener("hashchange", () => this.openAddress());
    this.listenToPage();
  }
}

// The sources of the second run that are those of the first are stored once: a number stands for them.
function runsOf(page) {
  if (page.format !== "lockstep-report-pair-1") return [page];
  page.after.sources = page.after.sources.map((text) => (typeof text === "number" ? page.before.sources[text] : text));
  return [page.before, page.after];
}
