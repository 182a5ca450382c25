// Keys of the incident page: the same letters as in the list.

import { listenForKeys } from "./keys.js";

/** @param {string} rel */
const follow = (rel) => () => document.querySelector(`a[rel=${rel}]`)?.click();

listenForKeys({ j: follow("next"), k: follow("prev"), u: () => document.querySelector(".steps a:not([rel])").click() });
