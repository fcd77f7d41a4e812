// One browser for all tests, with a profile that starts empty, and pages that notice whatever a page
// says or asks for.
"use strict";

const fs = require("fs");
const os = require("os");
const path = require("path");
const {pathToFileURL} = require("url");

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const SIZES = {wide: {width: 1280, height: 800}, phone: {width: 390, height: 844}};

class Browser {
  static async start(chromium, executablePath) {
    const browser = new Browser();
    browser.profile = fs.mkdtempSync(path.join(os.tmpdir(), "lockstep-page-"));
    browser.context = await chromium.launchPersistentContext(browser.profile, {
      executablePath, args: FLAGS, offline: true, viewport: SIZES.wide,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    return browser;
  }

  // The page, and what it did that it should not: messages, errors, requests to anywhere else.
  async open(file, hash = "", {size = "wide", theme = "light"} = {}) {
    const page = await this.context.newPage();
    const complaints = [];
    page.on("console", (message) => complaints.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    const address = pathToFileURL(file).href;
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(address) && !url.startsWith("data:")) complaints.push(`request: ${url}`);
    });
    await page.setViewportSize(SIZES[size]);
    await page.emulateMedia({colorScheme: theme});
    await page.goto(address + hash);
    page.complaints = complaints;
    return page;
  }

  async stop() {
    await this.context.close();
    fs.rmSync(this.profile, {recursive: true, force: true});
  }
}

module.exports = {Browser, SIZES};
