// What every page has: a theme, buttons that copy, keys with a sheet that lists them.
"use strict";

const $ = (id) => document.getElementById(id);
const KEY_NAMES = {ArrowRight: "\u2192", ArrowLeft: "\u2190", ArrowDown: "\u2193", ArrowUp: "\u2191", " ": "space"};

class PageView {
  // [keys, what they do in words, action], in the order of the sheet.
  keys() {
    return [[["t"], "dark or light", () => this.theme()], [["?"], "these keys", () => this.openKeys()]];
  }

  listenToPage() {
    $("theme").addEventListener("click", () => this.theme());
    $("help").addEventListener("click", () => this.openKeys());
    addEventListener("keydown", (event) => this.key(event));
    this.followSystemTheme();
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if ($("keys").open && event.key !== "?") return;
    // Space and Enter on a button press it; arrows on the slider move it.
    if ([" ", "Enter"].includes(event.key) && event.target.tagName === "BUTTON") return;
    const found = this.keys().find(([keys]) => keys.includes(event.key));
    if (!found) return;
    event.preventDefault();
    found[2](event.key);
  }

  openKeys() {
    if ($("keys").open) return $("keys").close();
    const lines = this.keys().map(([keys, what]) =>
      `<tr><td>${keys.map((key) => `<kbd>${safe(KEY_NAMES[key] || key)}</kbd>`).join(" ")}</td><td>${what}</td></tr>`);
    $("keys").innerHTML = `<h2 id="keys-title">Keys</h2><table>${lines.join("")}</table>
      <form method="dialog"><button>Close</button></form>`;
    $("keys").showModal();
  }

  theme() {
    const root = document.documentElement;
    this.themeChosen = true;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    this.themeChanged();
  }

  themeChanged() {}

  // As the system says, until the reader chooses.
  followSystemTheme() {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => {
      if (!this.themeChosen) document.documentElement.dataset.theme = system.matches ? "dark" : "light";
    };
    follow();
    system.addEventListener("change", () => {
      follow();
      this.themeChanged();
    });
  }

  copy(text, button) {
    const label = button.dataset.label || button.textContent;
    button.dataset.label = label;
    const done = () => {
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 900);
    };
    // A file opened from a disk may not use the clipboard: then by hand.
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => prompt("Copy:", text));
    else prompt("Copy:", text);
  }
}
