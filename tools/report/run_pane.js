// One run on the page: its caption, lanes, lock and source, for the row it is at. It decides nothing:
// whoever owns it says where it stands. What it shows in its lanes are places: a row, a fold, or a gap
// where only the other of two runs has something.
"use strict";

const ROW_HEIGHT = 26;

function foldText(item, model) {
  const until = `until ${timeText(model.times[item.to])}: show`;
  if (item.idle) return `~ ${item.times} leaps of time, the waiters wait on, ${until}`;
  return `~ the same ${item.times} more time${item.times > 1 ? "s" : ""}, ${until}`;
}

class RunPane {
  // `name` is "", or which of two runs it is. `on` has chosen(row), unfold(), chosenLock(lock).
  constructor(run, name, on) {
    this.name = name;
    this.on = on;
    this.lock = 0;
    this.file = -1;
    this.linesOf = new Map();
    this.row = 0;
    this.gap = false;
    this.differs = () => "";  // of a place
    this.cpus = Array.from({length: run.cpus}, (_, cpu) => cpu);
    this.setRun(run);
    this.root = document.getElementById("pane").content.firstElementChild.cloneNode(true);
    this.root.classList.add(...(name ? [name] : []));
    for (const part of this.root.querySelectorAll("[data-name]"))
      part.setAttribute("aria-label", (name ? `${name}: ` : "") + part.dataset.name);
    this.listen();
  }

  // Another run of the same machine, on the same page.
  setRun(run) {
    this.run = run;
    this.model = new RunModel(run);
    this.findMoments();
  }

  part(name) { return this.root.querySelector(`[data-part="${name}"]`); }

  findMoments() {
    const run = this.run;
    this.moments = new Map();
    for (const moment of run.moments)
      this.moments.set(moment.row, [...(this.moments.get(moment.row) || []), moment]);
    const found = run.moments.find((moment) => moment.kind === "finding");
    // Where no pick made it inevitable, that is said at the finding.
    this.turn = !run.inflection ? -1 : run.inflection.row !== undefined ? run.inflection.row : found ? found.row : -1;
    this.stops = [...new Set([...this.moments.keys(), ...(this.turn >= 0 ? [this.turn] : [])])].sort((a, b) => a - b);
  }

  listen() {
    this.part("lock-tabs").addEventListener("click", (event) => {
      if (event.target.dataset.lock !== undefined) this.on.chosenLock(Number(event.target.dataset.lock));
    });
    this.part("file-tabs").addEventListener("click", (event) => {
      if (event.target.dataset.file !== undefined) this.openFile(Number(event.target.dataset.file));
    });
    this.part("lane-space").addEventListener("click", (event) => {
      if (event.target.dataset.unfold) return this.on.unfold();
      const row = event.target.closest("[data-row]");
      if (row) this.on.chosen(Number(row.dataset.row));
    });
    this.part("lane-scroll").addEventListener("scroll", () => requestAnimationFrame(() => this.drawLanes()));
  }

  // Lanes without text, which stands beside them, where there is no room for both.
  drawFrame(crowded) {
    this.drawn = null;
    this.narrow = this.run.cpus > 2 || crowded;
    this.root.style.setProperty("--cpus", this.run.cpus);
    this.root.classList.toggle("lone", this.run.cpus === 1);
    this.root.querySelector(".lanes").classList.toggle("narrow", this.narrow);
    this.root.querySelector(".lanes").classList.toggle("tight", this.run.cpus > 4);
    this.part("source").classList.toggle("bare", !this.run.sources.some((text) => text));
    this.part("lane-head").innerHTML = `<span class="step">step</span><span class="time">time</span>` +
      this.cpus.map((cpu) => `<span class="cell ${cpuClass(cpu)}"><span class="word-cpu">CPU</span>${cpu}</span>`).join("");
  }

  setPlaces(items) {
    this.items = items;
    this.itemOf = new Map();
    items.forEach((item, i) => { if (typeof item === "number") this.itemOf.set(item, i); });
    this.part("lane-space").style.height = `${items.length * ROW_HEIGHT}px`;
  }

  // The last row at a place or before it; -1 before the first.
  rowAt(place) {
    for (let i = place; i >= 0; --i) {
      const item = this.items[i];
      if (item !== undefined) return typeof item === "number" ? item : item.to;
    }
    return -1;
  }

  show(place, follow) {
    this.place = place;
    const item = this.items[place];
    this.gap = typeof item !== "number";
    this.row = Math.max(this.rowAt(place), 0);
    const lock = follow && this.model.count ? this.lockOf(this.row) : -1;
    if (lock >= 0 && !this.gap) this.lock = lock;
    this.draw();
  }

  lockOf(row) {
    for (const slot of this.model.changed(row)) {
      const [kind, a] = this.run.slots[slot];
      if (kind === "word" || kind === "owner") return a;
    }
    const [, , cpu, depth, , lock] = this.model.rows[row];
    return lock >= 0 ? lock : this.model.get(this.model.stateAt(row), "wants", cpu, depth);
  }

  draw() {
    if (!this.model.count) return this.drawStart();
    const model = this.model, row = this.rowAt(this.place);
    const before = RunModel.copy(model.stateAt(this.gap ? row : row - 1));
    const state = RunModel.copy(model.stateAt(row));
    const changed = this.gap ? new Set() : model.changed(row);
    this.root.classList.toggle("gap", this.gap);
    this.drawCaption();
    if (this.run.locks.length) this.drawState(state, before, changed);
    this.drawSource(state);
    this.scrollToPlace();
    this.drawLanes();
  }

  // Of a run without a row: nothing has happened.
  drawStart() {
    const state = this.model.stateAt(-1);
    this.part("caption").className = "caption";
    this.part("caption").innerHTML = `<p class="sentence">Nothing has happened yet.</p>`;
    if (this.run.locks.length) this.drawState(state, state, new Set());
    this.part("lane-space").innerHTML = "";
    this.drawn = null;
  }

  drawCaption() {
    const data = this.model.rows[this.row];
    const differs = this.differs(this.place);
    if (this.gap) {
      this.part("caption").className = "caption waiting";
      this.part("caption").innerHTML = `<p class="sentence">This run has no such step: it stands where it was.</p>`;
      return;
    }
    const site = data[SITE] < 0 ? null : this.run.sites[data[SITE]];
    const where = site ? `<span class="site">${safe(site[2])} &middot; ${safe(this.run.files[site[0]].split("/").pop())}:${site[1]}${site[3] ? ` &middot; <code>${safe(site[3])}</code>` : ""}</span>` : "";
    const chips = data[CHIPS] < 0 ? "" : this.model.text(data[CHIPS]).split(", ").map((chip) => `<span class="chip">${safe(chip)}</span>`).join("");
    const other = {value: "the other run does this too, with another value", alone: "only this run does this"}[differs];
    const notes = (this.moments.get(this.row) || []).map((moment) => `<p class="alarm">${safe(moment.text)}</p>`);
    if (this.turn === this.row) notes.push(`<p class="turn">${safe(this.run.inflection.text)}</p>`);
    this.part("caption").className = `caption ${cpuClass(data[CPU])}`;
    this.part("caption").innerHTML = `<p class="sentence">${safe(this.model.text(data[CAPTION]))}</p>
      <p class="detail"><span class="what">${safe(this.model.text(data[WHAT]))}</span>${where}${chips}${other ? `<span class="chip other">&ne; ${other}</span>` : ""}</p>${notes.join("")}`;
  }

  drawState(state, before, changed) {
    const lock = this.lock, info = this.run.locks[lock];
    this.part("lock-tabs").innerHTML = this.run.locks.length < 2 ? "" : this.run.locks.map((each, i) =>
      `<button type="button" data-lock="${i}" aria-pressed="${i === lock}">${safe(each.name)}</button>`).join("");
    this.part("word").innerHTML = drawWord(this.model, state, before, lock);
    this.part("queue").innerHTML = drawQueue(this.model, state, lock, changed);
    this.part("held").innerHTML = drawHeld(this.model, state, changed);
    this.part("waits").innerHTML = drawWaits(this.model, state);
    const queued = info.shape === "queued";
    this.part("diagram-piece").hidden = !queued;
    if (!queued) return;
    const now = diagramState(this.model, state, lock), was = diagramState(this.model, before, lock);
    this.part("diagram").innerHTML = drawDiagram(now, was === now ? "" : `${was}>${now}`, this.name);
  }

  siteNow(state) {
    const data = this.model.rows[this.row];
    if (data[SITE] >= 0) return data[SITE];
    const depth = Math.max((this.model.get(state, "stack", data[CPU]) || "t").length - 1, 0);
    const site = state.sites[data[CPU] * 4 + depth];
    return site === undefined ? -1 : site;
  }

  drawSource(state) {
    const now = this.siteNow(state);
    const shown = this.run.sources.some((text) => text);
    if (!shown) return this.drawSites(state, now);
    const file = now >= 0 && this.run.sources[this.run.sites[now][0]] ? this.run.sites[now][0] : this.file;
    this.openFile(file >= 0 ? file : this.run.sources.findIndex((text) => text));
    const code = this.part("code");
    this.clearLines();
    for (const cpu of this.cpus) this.markLine(state, cpu);
    if (now < 0 || this.run.sites[now][0] !== this.file) return;
    const line = code.children[this.run.sites[now][1] - 1];
    if (!line) return;
    line.classList.add("at", "now", cpuClass(this.model.rows[this.row][CPU]));
    if (line.offsetTop < code.scrollTop + 40 || line.offsetTop > code.scrollTop + code.clientHeight - 60)
      code.scrollTop = line.offsetTop - code.clientHeight / 2;
  }

  markLine(state, cpu) {
    const stack = this.model.get(state, "stack", cpu) || "";
    for (let depth = 0; depth < stack.length; ++depth) {
      const site = state.sites[cpu * 4 + depth];
      if (site === undefined || this.run.sites[site][0] !== this.file) continue;
      const line = this.part("code").children[this.run.sites[site][1] - 1];
      if (!line) continue;
      line.className = `at ${cpuClass(cpu)} ${line.classList.contains("now") ? "now" : ""}`;
      line.querySelector(".who").innerHTML += `<b class="${cpuClass(cpu)}">CPU${cpu} ${CONTEXT_NAMES[stack[depth]]}</b>`;
    }
  }

  openFile(file) {
    if (file === this.file) return;
    this.file = file;
    this.part("file-tabs").innerHTML = this.run.files.map((path, i) => !this.run.sources[i] ? "" :
      `<button type="button" data-file="${i}" aria-pressed="${i === file}" title="${safe(path)}">${safe(this.shortPath(path))}</button>`).join("");
    this.clearLines();
    if (!this.linesOf.has(file)) this.linesOf.set(file, this.makeLines(this.run.sources[file]));
    const {lines, columns} = this.linesOf.get(file);
    this.part("code").style.setProperty("--columns", columns);
    this.part("code").replaceChildren(...lines);
  }

  // The lines of a file are made once: steps go from one file to another all the time.
  makeLines(text) {
    const texts = text.replace(/\n$/, "").split("\n");
    const made = document.createElement("div");
    made.innerHTML = texts.map((line, i) =>
      `<div><span class="number">${i + 1}</span><code>${safe(line) || " "}</code><span class="who"></span></div>`).join("");
    const columns = Math.max(...texts.map((line) => line.length + 3 * (line.split("\t").length - 1)));
    return {lines: [...made.children], columns};
  }

  clearLines() {
    for (const line of this.part("code").querySelectorAll(".at")) {
      line.className = "";
      line.querySelector(".who").textContent = "";
    }
  }

  // The name alone, or with folders in front where another file has the same name.
  shortPath(path) {
    const parts = path.split("/"), name = parts[parts.length - 1];
    const same = this.run.files.filter((other, i) => this.run.sources[i] && other.split("/").pop() === name);
    return same.length > 1 ? parts.slice(-2).join("/") : name;
  }

  drawSites(state, now) {
    this.part("code").hidden = true;
    const lines = this.cpus.map((cpu) => {
      const stack = this.model.get(state, "stack", cpu) || "";
      return [...stack].map((letter, depth) => {
        const site = this.run.sites[state.sites[cpu * 4 + depth]];
        if (!site) return "";
        return `<div class="spot ${state.sites[cpu * 4 + depth] === now ? "now" : ""}"><span class="tag ${cpuClass(cpu)}">CPU${cpu} ${CONTEXT_NAMES[letter]}</span>
          <b>${safe(site[2])}</b> ${safe(this.run.files[site[0]])}:${site[1]}<br><code>${safe(site[3])}</code></div>`;
      }).join("");
    });
    this.part("sites").innerHTML = `<h2>Where each CPU is</h2>${lines.join("")}
      <p class="quiet">No source of this port was found when the page was made; <code>--tree</code> names a tree.</p>`;
  }

  scrollToPlace() {
    const box = this.part("lane-scroll"), top = this.place * ROW_HEIGHT;
    if (top < box.scrollTop + 2 * ROW_HEIGHT || top > box.scrollTop + box.clientHeight - 4 * ROW_HEIGHT)
      box.scrollTop = Math.max(top - box.clientHeight / 2, 0);
  }

  // Only the rows in the window are in the document; while they are the same, only the frame moves.
  drawLanes() {
    const box = this.part("lane-scroll"), space = this.part("lane-space");
    const first = Math.max(Math.floor(box.scrollTop / ROW_HEIGHT) - 4, 0);
    const last = Math.min(first + Math.ceil(box.clientHeight / ROW_HEIGHT) + 8, this.items.length);
    const drawn = this.drawn;
    if (drawn && drawn.items === this.items && drawn.first === first && drawn.last === last) {
      space.children[drawn.place - first]?.classList.remove("now");
      space.children[this.place - first]?.classList.add("now");
    } else {
      const html = [];
      for (let i = first; i < last; ++i) html.push(this.laneRow(i));
      space.innerHTML = html.join("");
    }
    this.drawn = {items: this.items, first, last, place: this.place};
  }

  laneRow(i) {
    const item = this.items[i], style = `style="top:${i * ROW_HEIGHT}px"`;
    const differs = this.differs(i);
    const now = (i === this.place ? " now" : "") + (differs ? ` differs ${differs}` : "");
    if (item === undefined) return `<div class="row none${now}" ${style}></div>`;
    if (typeof item !== "number")
      return `<div class="row across fold${now}" ${style}><button type="button" data-unfold="1">${foldText(item, this.model)}</button></div>`;
    const data = this.model.rows[item], kind = this.model.kind(item);
    const mark = (this.stops.includes(item) ? " marked" : "") + (item === this.turn ? " turning" : "");
    const what = this.model.text(data[WHAT]);
    const left = `<span class="step">${this.model.steps[item]}</span><span class="time">${this.newTime(i)}</span>`;
    if (kind === "time_leap" || kind === "execution_end")
      return `<div class="row across ${kind}${now}${mark}" data-row="${item}" ${style}>${left}<span class="break">${safe(what)}</span></div>`;
    const state = this.model.stateAt(item);
    const cells = this.cpus.map((cpu) => this.laneCell(state, item, cpu, what));
    if (this.narrow)
      cells.push(`<span class="beside ${cpuClass(data[CPU])}"><b>CPU${data[CPU]}</b>${this.deed(item, what)}</span>`);
    return `<div class="row${now}${mark}" data-row="${item}" ${style}>${left}${cells.join("")}</div>`;
  }

  // The time, where it is not that of the row above.
  newTime(i) {
    const time = this.model.times[this.items[i]], above = i > 0 ? this.rowAt(i - 1) : -1;
    return above >= 0 && this.model.times[above] === time ? "" : timeText(time);
  }

  laneCell(state, row, cpu, what) {
    const data = this.model.rows[row], acts = data[CPU] === cpu;
    let stack = this.model.get(state, "stack", cpu);
    // The row in which a handler returns, or a task ends, still belongs to it.
    const leaves = ["context_exit", "task_end"].includes(this.model.kind(row));
    if (acts && leaves && stack.length <= data[DEPTH]) stack = (stack + "t").slice(0, data[DEPTH]) + this.leaving(row);
    const parked = this.model.get(state, "park", cpu) && !acts;
    const bars = [...stack].map((letter, depth) =>
      `<i class="bar ${letter} ${parked && depth === stack.length - 1 ? "parked" : ""} ${depth < stack.length - 1 ? "under" : ""}"></i>`);
    const text = acts && !this.narrow ? this.deed(row, what) : "";
    return `<span class="cell ${cpuClass(cpu)} ${acts ? "acts" : ""}">${bars.join("")}${text}</span>`;
  }

  leaving(row) {
    const match = /^leaves (.)/.exec(this.model.text(this.model.rows[row][WHAT]));
    return match ? match[1] : "t";
  }

  // A call that begins is the call alone, as it is in bold and lanes are narrow.
  deed(row, what) {
    return `<span class="deed ${this.deedClass(row)}" title="${safe(what)}">${safe(what.replace(/ begins$/, ""))}</span>`;
  }

  deedClass(row) {
    const kind = this.model.kind(row);
    if (kind === "acquire_end") return / = 0$/.test(this.model.text(this.model.rows[row][WHAT])) ? "good" : "bad";
    if (kind === "acquire_begin" || kind === "release_begin") return "call";
    if (kind === "context_enter" || kind === "context_exit" || kind === "inject_fired") return "strike";
    if (kind === "warn" || kind === "bug") return "bad";
    for (const slot of this.model.changed(row)) if (this.run.slots[slot][0] === "word") return "word-change";
    return kind === "store" ? "" : "dim";
  }
}
