// The page: keeps the current row, draws what it means, and answers keys and buttons.
"use strict";

const ROW_HEIGHT = 26;
const PLAY_MS = 700;
const $ = (id) => document.getElementById(id);

function foldText(item, model) {
  const until = `until ${timeText(model.times[item.to])}: show`;
  if (item.idle) return `~ ${item.times} leaps of time, the waiters wait on, ${until}`;
  return `~ the same ${item.times} more time${item.times > 1 ? "s" : ""}, ${until}`;
}

class RunView {
  constructor(run) {
    this.model = new RunModel(run);
    this.run = run;
    this.row = 0;
    this.lock = 0;
    this.file = -1;
    this.timer = 0;
    this.moments = new Map();
    for (const moment of run.moments)
      this.moments.set(moment.row, [...(this.moments.get(moment.row) || []), moment]);
    this.stops = [...this.moments.keys()];
    const found = run.moments.find((moment) => moment.kind === "finding");
    // Where no pick made it inevitable, that is said at the finding.
    this.turn = !run.inflection ? -1 : run.inflection.row !== undefined ? run.inflection.row : found ? found.row : -1;
    if (this.turn >= 0) this.stops.push(this.turn);
    this.stops.sort((a, b) => a - b);
    this.narrow = run.cpus > 2;  // lanes without text, which stands beside them
    this.cpus = Array.from({length: run.cpus}, (_, cpu) => cpu);
    this.setItems(foldRows(this.model));
    this.drawFacts();
    this.listen();
    this.openAddress();
  }

  setItems(items) {
    this.items = items;
    this.itemOf = new Map();
    items.forEach((item, i) => { if (typeof item === "number") this.itemOf.set(item, i); });
    $("slider").max = Math.max(items.length - 1, 0);
    $("lane-space").style.height = `${items.length * ROW_HEIGHT}px`;
  }

  unfold() {
    this.setItems(Array.from({length: this.model.count}, (_, row) => row));
    this.go(this.row);
  }

  // A row that is folded away is shown by unfolding.
  go(row) {
    if (!this.model.count) return;
    this.row = Math.min(Math.max(row, 0), this.model.count - 1);
    if (!this.itemOf.has(this.row))
      this.setItems(Array.from({length: this.model.count}, (_, each) => each));
    const lock = this.lockOf(this.row);
    if (lock >= 0) this.lock = lock;
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

  move(by) {
    const at = this.itemOf.get(this.row);
    let to = Math.min(Math.max(at + by, 0), this.items.length - 1);
    const step = by < 0 ? -1 : 1;
    while (typeof this.items[to] !== "number" && to + step >= 0 && to + step < this.items.length) to += step;
    if (typeof this.items[to] === "number") this.go(this.items[to]);
  }

  draw() {
    const model = this.model, row = this.row;
    const before = RunModel.copy(model.stateAt(row - 1));
    const state = RunModel.copy(model.stateAt(row));
    const changed = model.changed(row);
    $("slider").value = this.itemOf.get(row);
    $("slider").setAttribute("aria-valuetext", `step ${model.nameOf(row)}`);
    $("where").textContent = `step ${model.nameOf(row)} of ${this.run.steps}, ${timeText(model.times[row])}`;
    this.drawCaption();
    if (this.run.locks.length) this.drawState(state, before, changed);
    this.drawSource(state);
    this.scrollToRow();
    this.drawLanes();
    const address = `#step=${model.nameOf(row)}`;
    if (location.hash !== address) history.replaceState(null, "", address);
  }

  drawCaption() {
    const data = this.model.rows[this.row];
    const site = data[SITE] < 0 ? null : this.run.sites[data[SITE]];
    const where = site ? `<span class="site">${safe(site[2])} &middot; ${safe(this.run.files[site[0]].split("/").pop())}:${site[1]}${site[3] ? ` &middot; <code>${safe(site[3])}</code>` : ""}</span>` : "";
    const chips = data[CHIPS] < 0 ? "" : this.model.text(data[CHIPS]).split(", ").map((chip) => `<span class="chip">${safe(chip)}</span>`).join("");
    const notes = (this.moments.get(this.row) || []).map((moment) => `<p class="alarm">${safe(moment.text)}</p>`);
    if (this.turn === this.row)
      notes.push(`<p class="turn">${safe(this.run.inflection.text)}</p>`);
    $("caption").className = cpuClass(data[CPU]);
    $("caption").innerHTML = `<p class="sentence">${safe(this.model.text(data[CAPTION]))}</p>
      <p class="detail"><span class="what">${safe(this.model.text(data[WHAT]))}</span>${where}${chips}</p>${notes.join("")}`;
  }

  drawState(state, before, changed) {
    const lock = this.lock, info = this.run.locks[lock];
    $("lock-tabs").innerHTML = this.run.locks.length < 2 ? "" : this.run.locks.map((each, i) =>
      `<button type="button" data-lock="${i}" aria-pressed="${i === lock}">${safe(each.name)}</button>`).join("");
    $("word").innerHTML = drawWord(this.model, state, before, lock);
    $("queue").innerHTML = drawQueue(this.model, state, lock, changed);
    $("held").innerHTML = drawHeld(this.model, state, changed);
    $("waits").innerHTML = drawWaits(this.model, state);
    const queued = info.shape === "queued";
    $("diagram-title").hidden = $("diagram").hidden = !queued;
    if (!queued) return;
    const now = diagramState(this.model, state, lock), was = diagramState(this.model, before, lock);
    $("diagram").innerHTML = drawDiagram(now, was === now ? "" : `${was}>${now}`);
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
    for (const line of $("code").querySelectorAll(".at")) {
      line.className = "";
      line.querySelector(".who").textContent = "";
    }
    for (const cpu of this.cpus) this.markLine(state, cpu);
    if (now < 0 || this.run.sites[now][0] !== this.file) return;
    const line = $("code").children[this.run.sites[now][1] - 1];
    if (!line) return;
    line.classList.add("at", "now", cpuClass(this.model.rows[this.row][CPU]));
    const box = $("code");
    if (line.offsetTop < box.scrollTop + 40 || line.offsetTop > box.scrollTop + box.clientHeight - 60)
      box.scrollTop = line.offsetTop - box.clientHeight / 2;
  }

  markLine(state, cpu) {
    const stack = this.model.get(state, "stack", cpu) || "";
    for (let depth = 0; depth < Math.max(stack.length, 1); ++depth) {
      const site = state.sites[cpu * 4 + depth];
      if (site === undefined || !stack.length || this.run.sites[site][0] !== this.file) continue;
      const line = $("code").children[this.run.sites[site][1] - 1];
      if (!line) continue;
      line.className = `at ${cpuClass(cpu)} ${line.classList.contains("now") ? "now" : ""}`;
      line.querySelector(".who").textContent += ` CPU${cpu} ${CONTEXT_NAMES[stack[depth]]}`;
    }
  }

  openFile(file) {
    if (file === this.file) return;
    this.file = file;
    $("file-tabs").innerHTML = this.run.files.map((path, i) => !this.run.sources[i] ? "" :
      `<button type="button" data-file="${i}" aria-pressed="${i === file}" title="${safe(path)}">${safe(this.shortPath(path))}</button>`).join("");
    $("code").innerHTML = this.run.sources[file].replace(/\n$/, "").split("\n").map((line, i) =>
      `<div><span class="number">${i + 1}</span><code>${safe(line) || " "}</code><span class="who"></span></div>`).join("");
  }

  // The name alone, or with folders in front where another file has the same name.
  shortPath(path) {
    const parts = path.split("/"), name = parts[parts.length - 1];
    const same = this.run.files.filter((other, i) => this.run.sources[i] && other.split("/").pop() === name);
    return same.length > 1 ? parts.slice(-2).join("/") : name;
  }

  drawSites(state, now) {
    $("code").hidden = true;
    const lines = this.cpus.map((cpu) => {
      const stack = this.model.get(state, "stack", cpu) || "";
      return [...stack].map((letter, depth) => {
        const site = this.run.sites[state.sites[cpu * 4 + depth]];
        if (!site) return "";
        return `<div class="place ${state.sites[cpu * 4 + depth] === now ? "now" : ""}"><span class="tag ${cpuClass(cpu)}">CPU${cpu} ${CONTEXT_NAMES[letter]}</span>
          <b>${safe(site[2])}</b> ${safe(this.run.files[site[0]])}:${site[1]}<br><code>${safe(site[3])}</code></div>`;
      }).join("");
    });
    $("sites").innerHTML = `<h2>Where each CPU is</h2>${lines.join("")}
      <p class="quiet">No source of this port was found when the page was made; <code>--tree</code> names a tree.</p>`;
  }

  scrollToRow() {
    const box = $("lane-scroll"), top = this.itemOf.get(this.row) * ROW_HEIGHT;
    if (top < box.scrollTop + 2 * ROW_HEIGHT || top > box.scrollTop + box.clientHeight - 4 * ROW_HEIGHT)
      box.scrollTop = Math.max(top - box.clientHeight / 2, 0);
  }

  // Only the rows in the window are in the document.
  drawLanes() {
    const box = $("lane-scroll");
    const first = Math.max(Math.floor(box.scrollTop / ROW_HEIGHT) - 4, 0);
    const last = Math.min(first + Math.ceil(box.clientHeight / ROW_HEIGHT) + 8, this.items.length);
    const html = [];
    for (let i = first; i < last; ++i) html.push(this.laneRow(i));
    $("lane-space").innerHTML = html.join("");
  }

  laneRow(i) {
    const item = this.items[i], top = i * ROW_HEIGHT;
    if (typeof item !== "number")
      return `<div class="row across fold" style="top:${top}px"><button type="button" data-unfold="1">${foldText(item, this.model)}</button></div>`;
    const data = this.model.rows[item], kind = this.model.kind(item);
    const now = item === this.row ? " now" : "";
    const mark = this.stops.includes(item) ? " marked" : "";
    const what = this.model.text(data[WHAT]);
    const left = `<span class="step">${this.model.steps[item]}</span><span class="time">${timeText(this.model.times[item])}</span>`;
    if (kind === "time_leap" || kind === "execution_end")
      return `<div class="row across ${kind}${now}${mark}" data-row="${item}" style="top:${top}px">${left}<span class="break">${safe(what)}</span></div>`;
    const state = this.model.stateAt(item);
    const cells = this.cpus.map((cpu) => this.laneCell(state, item, cpu, what));
    if (this.narrow)
      cells.push(`<span class="beside ${cpuClass(data[CPU])}"><b>CPU${data[CPU]}</b>${this.deed(item, what)}</span>`);
    return `<div class="row${now}${mark}" data-row="${item}" style="top:${top}px">${left}${cells.join("")}</div>`;
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

  deed(row, what) { return `<span class="deed ${this.deedClass(row)}" title="${safe(what)}">${safe(what)}</span>`; }

  deedClass(row) {
    const kind = this.model.kind(row);
    if (kind === "acquire_end") return / = 0$/.test(this.model.text(this.model.rows[row][WHAT])) ? "good" : "bad";
    if (kind === "acquire_begin" || kind === "release_end" || kind === "release_begin") return "call";
    if (kind === "context_enter" || kind === "context_exit" || kind === "inject_fired") return "strike";
    if (kind === "warn" || kind === "bug") return "bad";
    for (const slot of this.model.changed(row)) if (this.run.slots[slot][0] === "word") return "word-change";
    return kind === "store" ? "" : "dim";
  }

  drawFacts() {
    const run = this.run;
    $("title").textContent = run.scenario;
    $("summary").textContent = run.summary;
    const errors = run.moments.filter((moment) => moment.kind === "finding").length;
    const facts = [`<span>${safe(run.port)}${run.version ? ` (${safe(run.version)})` : ""}</span>`,
                   `<span>${run.steps} steps</span>`, `<span>${timeText(run.time_ns)}</span>`];
    for (const bug of run.bugs) facts.push(`<span class="bad">with bug ${safe(bug)}</span>`);
    const refused = run.moments.filter((moment) => moment.kind === "error").length;
    if (refused) facts.push(`<span>${refused} error${refused > 1 ? "s" : ""} returned</span>`);
    facts.push(errors ? `<span class="bad">${errors} finding${errors > 1 ? "s" : ""}</span>` : `<span class="good">no finding</span>`);
    if (run.dropped) facts.push(`<span class="bad">${run.dropped} rows left out</span>`);
    $("facts").innerHTML = facts.join("");
    $("lane-head").innerHTML = `<span class="step">step</span><span class="time">time</span>` +
      this.cpus.map((cpu) => `<span class="cell ${cpuClass(cpu)}">CPU${cpu}</span>`).join("");
    $("lanes").classList.toggle("narrow", this.narrow);
    document.documentElement.style.setProperty("--cpus", run.cpus);
    $("source").classList.toggle("bare", !run.sources.some((text) => text));
    this.drawStrip();
  }

  // The whole run in one line: whose rows they are, and where something was found.
  drawStrip() {
    const canvas = $("strip"), width = canvas.clientWidth || 600;
    canvas.width = width;
    const paint = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
    const lane = 10 / Math.max(this.cpus.length, 1);
    const total = Math.max(this.items.length, 1), stride = Math.max(1, Math.floor(total / (4 * width)));
    for (let i = 0; i < this.items.length; i += stride) {
      const item = this.items[i];
      if (typeof item !== "number") continue;
      const cpu = this.model.rows[item][CPU];
      paint.fillStyle = style.getPropertyValue(`--cpu${cpu % 8}`);
      paint.fillRect((i / total) * width, 4 + cpu * lane, Math.max(width / total, 1), Math.max(lane - 1, 1));
    }
    paint.fillStyle = style.getPropertyValue("--bad");
    for (const row of this.stops)
      if (this.itemOf.has(row)) paint.fillRect((this.itemOf.get(row) / total) * width, 0, 2, 14);
  }

  play() {
    const playing = this.timer !== 0;
    clearInterval(this.timer);
    this.timer = playing ? 0 : setInterval(() => {
      if (this.itemOf.get(this.row) >= this.items.length - 1) this.play();
      else this.move(1);
    }, PLAY_MS);
    $("play").textContent = playing ? "Play" : "Pause";
    $("play").setAttribute("aria-pressed", String(!playing));
  }

  jumpLock(direction) { this.goKeeping(this.model.find(this.row, direction, (row) => this.model.touches(row, this.lock))); }
  jumpCpu(direction) {
    const cpu = this.model.rows[this.row][CPU];
    this.go(this.model.find(this.row, direction, (row) => this.model.rows[row][CPU] === cpu));
  }
  jumpFinding(direction) { this.go(this.model.find(this.row, direction, (row) => this.stops.includes(row))); }
  goKeeping(row) {
    const lock = this.lock;
    this.go(row);
    this.lock = lock;
    this.draw();
  }

  nextLock() {
    this.lock = (this.lock + 1) % Math.max(this.run.locks.length, 1);
    this.draw();
  }

  theme() {
    const root = document.documentElement;
    this.themeChosen = true;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    this.drawStrip();
  }

  // As the system says, until the reader chooses.
  followSystemTheme() {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => {
      if (!this.themeChosen) document.documentElement.dataset.theme = system.matches ? "dark" : "light";
    };
    follow();
    system.addEventListener("change", () => {
      follow();
      this.drawStrip();
    });
  }

  copy(text, button) {
    const done = () => {
      const label = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 900);
    };
    // A file opened from a disk may not use the clipboard: then by hand.
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => prompt("Copy:", text));
    else prompt("Copy:", text);
  }

  copyLink() { this.copy(location.href.replace(/#.*/, "") + `#step=${this.model.nameOf(this.row)}`, $("copy-link")); }

  openAddress() {
    const match = /^#step=([\d.]+)$/.exec(location.hash);
    const row = match ? this.model.rowOf(match[1]) : -1;
    this.go(row >= 0 ? row : 0);
  }

  openKeys() {
    if ($("keys").open) return $("keys").close();
    const lines = KEYS.map(([keys, what]) => `<tr><td>${keys.filter((key) => KEY_NAMES[key] !== "").map((key) => `<kbd>${safe(KEY_NAMES[key] || key)}</kbd>`).join(" ")}</td><td>${what}</td></tr>`);
    $("keys").innerHTML = `<h2 id="keys-title">Keys</h2><table>${lines.join("")}</table>
      <form method="dialog"><button>Close</button></form>`;
    $("keys").showModal();
  }

  listen() {
    const click = (id, action) => $(id).addEventListener("click", action);
    click("first", () => this.go(0));
    click("last", () => this.go(this.model.count - 1));
    click("back", () => this.move(-1));
    click("next", () => this.move(1));
    click("play", () => this.play());
    click("lock-back", () => this.jumpLock(-1));
    click("lock-next", () => this.jumpLock(1));
    click("cpu-back", () => this.jumpCpu(-1));
    click("cpu-next", () => this.jumpCpu(1));
    click("finding-back", () => this.jumpFinding(-1));
    click("finding-next", () => this.jumpFinding(1));
    click("theme", () => this.theme());
    this.followSystemTheme();
    click("help", () => this.openKeys());
    click("copy-token", () => this.copy(this.run.token, $("copy-token")));
    click("copy-command", () => this.copy(this.run.command, $("copy-command")));
    click("copy-link", () => this.copyLink());
    click("lock-tabs", (event) => {
      if (event.target.dataset.lock === undefined) return;
      this.lock = Number(event.target.dataset.lock);
      this.draw();
    });
    click("file-tabs", (event) => {
      if (event.target.dataset.file !== undefined) this.openFile(Number(event.target.dataset.file));
    });
    click("lane-space", (event) => {
      if (event.target.dataset.unfold) return this.unfold();
      const row = event.target.closest("[data-row]");
      if (row) this.go(Number(row.dataset.row));
    });
    $("slider").addEventListener("input", () => {
      const item = this.items[Number($("slider").value)];
      this.go(typeof item === "number" ? item : item.from - 1);
    });
    $("lane-scroll").addEventListener("scroll", () => requestAnimationFrame(() => this.drawLanes()));
    addEventListener("resize", () => { this.drawLanes(); this.drawStrip(); });
    addEventListener("hashchange", () => this.openAddress());
    addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if ($("keys").open && event.key !== "?") return;
    // Space on a button presses it.
    if (event.key === " " && event.target.tagName === "BUTTON") return;
    const found = KEYS.find(([keys]) => keys.includes(event.key));
    if (!found) return;
    event.preventDefault();
    found[2](this);
  }
}

const KEY_NAMES = {ArrowRight: "\u2192", ArrowLeft: "\u2190", ArrowDown: "\u2193", ArrowUp: "\u2191", " ": "space"};
const KEYS = [
  [["ArrowRight", "ArrowDown", "j"], "step forward", (view) => view.move(1)],
  [["ArrowLeft", "ArrowUp", "k"], "step back", (view) => view.move(-1)],
  [["PageDown"], "twenty steps forward", (view) => view.move(20)],
  [["PageUp"], "twenty steps back", (view) => view.move(-20)],
  [["Home"], "first step", (view) => view.go(0)],
  [["End"], "last step", (view) => view.go(view.model.count - 1)],
  [[" "], "play or pause", (view) => view.play()],
  [["w"], "next change of this lock", (view) => view.jumpLock(1)],
  [["W"], "previous change of this lock", (view) => view.jumpLock(-1)],
  [["c"], "next step of this CPU", (view) => view.jumpCpu(1)],
  [["C"], "previous step of this CPU", (view) => view.jumpCpu(-1)],
  [["n"], "next finding", (view) => view.jumpFinding(1)],
  [["N"], "previous finding", (view) => view.jumpFinding(-1)],
  [["l"], "look at the next lock", (view) => view.nextLock()],
  [["u"], "show rows that are folded", (view) => view.unfold()],
  [["y"], "copy a link to this step", (view) => view.copyLink()],
  [["t"], "dark or light", (view) => view.theme()],
  [["?"], "these keys", (view) => view.openKeys()],
];

if (typeof document !== "undefined") new RunView(JSON.parse($("run").textContent));
