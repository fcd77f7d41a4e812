// Starts the page of a run, or of two.
"use strict";

new RunView(runsOf(JSON.parse($("run").textContent)));
