// The page of a game: the reader is the scheduler. All states of the scenario are in the page, as the
// moves that lead from one to the next; the moves made so far are a run, drawn like any other.
"use strict";

// Equal picks behind each other are written once: "0/2*14.1/3".
function picksText(picks) {
  const runs = [];
  for (const pick of picks)
    if (runs.length && runs[runs.length - 1].pick === pick) ++runs[runs.length - 1].times;
    else runs.push({pick, times: 1});
  return runs.length ? runs.map(({pick, times}) => (times > 1 ? `${pick}*${times}` : pick)).join(".") : "-";
}

// The game as it stands: moves are indices of options.
class Game {
  constructor(data) {
    this.data = data;
    this.moves = [];
    this.reached = new Map();  // goal -> number of moves when it was first reached
    this.errors = new Set(data.errors);
    this.goals = data.goals.length ? data.goals : [data.any_error];
    this.lookAtGoals();
  }

  nodes() {
    const nodes = [0];
    for (const move of this.moves) nodes.push(this.data.nodes[nodes[nodes.length - 1]][move][1]);
    return nodes;
  }

  node() { return this.nodes().pop(); }
  mark(node = this.node()) { return this.data.marks[node] || {}; }
  options() { return this.data.nodes[this.node()]; }
  over() { return this.options().length === 0 ? this.mark().over || "Nothing is left to choose." : ""; }

  // Where each move begins among the rows, and all rows so far.
  rows() {
    const rows = this.data.start.map((row) => this.data.rows[row]), begins = [];
    this.eachMove((edge) => {
      begins.push(rows.length);
      for (const row of edge.slice(2)) rows.push(this.data.rows[row]);
    });
    return {rows, begins};
  }

  eachMove(visit) {
    let node = 0;
    for (const move of this.moves) {
      const edge = this.data.nodes[node][move];
      visit(edge, node, move);
      node = edge[1];
    }
  }

  // Findings and errors, as a run has them.
  moments() {
    const moments = [];
    let end = this.data.start.length;
    this.eachMove((edge, node, move) => {
      end += edge.length - 2;
      for (const [kind, text] of this.data.notes[`${node}.${move}`] || [])
        moments.push({kind, row: Math.max(this.momentRow(kind, edge, end), 0), text: this.data.texts[text]});
    });
    return moments;
  }

  // An error is told at the row that returns it, a finding at the last row of its move.
  momentRow(kind, edge, end) {
    const at = kind === "error" ? edge.slice(2).findIndex((row) => this.errors.has(row)) : -1;
    return at >= 0 ? end - (edge.length - 2) + at : end - 1;
  }

  token() {
    const picks = [];
    this.eachMove((edge, node, move) => picks.push(`${move}/${this.data.nodes[node].length}`));
    return this.data.token.replace(/-$/, picksText(picks));
  }

  command() { return this.data.command.replace("@", this.token()); }

  move(option) {
    if (!(option >= 0 && option < this.options().length)) return false;
    this.moves.push(option);
    this.lookAtGoals();
    return true;
  }

  undo() {
    if (!this.moves.length) return false;
    this.moves.pop();
    for (const [goal, when] of this.reached) if (when > this.moves.length) this.reached.delete(goal);
    return true;
  }

  restart() {
    this.moves = [];
    this.reached.clear();
    this.lookAtGoals();
  }

  lookAtGoals() {
    const found = this.data.goals.length ? this.mark().goals || [] : this.moments().length ? [0] : [];
    for (const goal of found) if (!this.reached.has(goal)) this.reached.set(goal, this.moves.length);
  }
}

class PlayView extends RunView {
  constructor(data) {
    const game = new Game(data);
    super([PlayView.runOf(game)]);
    this.game = game;
    this.update();
  }

  // What a run page shows, of the moves so far.
  static runOf(game) {
    const {rows, begins} = game.rows(), data = game.data;
    let steps = data.first_step, time = data.first_time;
    for (const row of rows) {
      steps += row[STEP];
      time += row[TIME];
    }
    return {...data, rows, begins, moments: game.moments(), steps, time_ns: time, dropped: 0};
  }

  openAddress() { this.goEnd(this.places.length - 1, -1); }
  address() { return ""; }

  // After a move or its undoing: the run is another.
  update() {
    const pane = this.panes[0];
    pane.setRun(PlayView.runOf(this.game));
    this.setPlaces([Array.from({length: pane.model.count}, (_, row) => row)]);
    this.drawFacts();
    this.drawStrip();
    this.drawGame();
    if (this.places.length) this.goEnd(this.places.length - 1, -1);
    else this.draw();
  }

  // --- the game -----------------------------------------------------------------------------------

  pick(option) {
    if (!this.game.move(option)) return;
    this.update();
    $("options").querySelector("button")?.focus();
  }

  // "cpu1" by its number, as often as it stands for one option; an NMI by the first one offered.
  pickNamed(test) {
    const found = this.game.options().findIndex(([name]) => test(this.game.data.names[name]));
    if (found >= 0) this.pick(found);
  }

  undo() { if (this.game.undo()) this.update(); }
  restart() {
    this.game.restart();
    this.update();
  }

  drawGame() {
    $("game").hidden = false;
    const game = this.game, over = game.over(), made = game.moves.length;
    $("goals").innerHTML = game.goals.map((goal, i) => {
      const when = game.reached.get(i), done = when !== undefined;
      return `<li class="${done ? "reached" : ""}">${safe(goal)}${done ? ` <small>reached after ${when} move${when === 1 ? "" : "s"}</small>` : ""}</li>`;
    }).join("");
    $("choice-title").textContent = over ? "The game is over" : "Who is next?";
    $("options").innerHTML = over ? `<p class="over">${safe(over)}</p>${made ? `<p>Take moves back and go another way, or start again.</p>` : `<p>This scenario leaves nothing to choose.</p>`}` :
      game.options().map((edge, i) => this.optionText(edge, i)).join("");
    $("moves").textContent = `${made} move${made === 1 ? "" : "s"}`;
    $("undo").disabled = $("restart").disabled = made === 0;
    $("token").textContent = game.token();
    this.panes[0].run.token = game.token();
    this.panes[0].run.command = game.command();
  }

  // An option, and what it would touch first.
  optionText([name, , ...rows], i) {
    const game = this.game.data, text = game.names[name];
    const first = rows.map((row) => game.rows[row]).find((row) => !["park", "wake", "time_leap"].includes(game.kinds[row[KIND]])) ||
      (rows.length ? game.rows[rows[0]] : null);
    const cpu = /cpu(\d+)/.exec(text);
    const does = first ? safe(game.texts[first[CAPTION]]) : "goes on, and nothing is to be seen of it";
    const what = first ? `<small><code>${safe(game.texts[first[WHAT]])}</code>${this.siteText(first)}</small>` : "";
    return `<button type="button" class="option ${cpu ? cpuClass(Number(cpu[1])) : ""} ${/^(nmi|hardirq|softirq)/.test(text) ? "strike" : ""}"
      data-option="${i}"><kbd>${i + 1}</kbd><b>${safe(text)}</b><span class="does">${does}${what}</span></button>`;
  }

  siteText(row) {
    const site = row[SITE] < 0 ? null : this.game.data.sites[row[SITE]];
    return site ? ` ${safe(site[2])} ${safe(this.game.data.files[site[0]].split("/").pop())}:${site[1]}` : "";
  }

  drawFacts() {
    super.drawFacts();
    const data = this.panes[0].run;
    $("title").textContent = `Play ${data.scenario}`;
    $("facts").innerHTML += `<span>a game of ${data.states} states</span>`;
    $("copy-link").hidden = true;
  }

  keys() {
    const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    return [
      [digits, "that option is next", (key) => this.pick(Number(key) - 1)],
      [["Enter"], "the first option is next", () => this.pick(0)],
      [["!"], "fire the NMI or interrupt", () => this.pickNamed((name) => /^(nmi|hardirq|softirq)/.test(name))],
      [["u", "Backspace"], "take a move back", () => this.undo()],
      [["R"], "start again", () => this.restart()],
      [["y"], "copy the token", () => this.copy(this.game.token(), $("copy-token"))],
      ...super.keys().filter(([keys]) => !["u", "y"].includes(keys[0])),
    ];
  }

  listen() {
    super.listen();
    $("options").addEventListener("click", (event) => {
      const option = event.target.closest("[data-option]");
      if (option) this.pick(Number(option.dataset.option));
    });
    $("undo").addEventListener("click", () => this.undo());
    $("restart").addEventListener("click", () => this.restart());
  }
}

if (typeof module !== "undefined") module.exports = {Game, picksText};
else new PlayView(JSON.parse($("run").textContent));
