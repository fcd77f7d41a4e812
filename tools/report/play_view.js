// The page of a game.
"use strict";
