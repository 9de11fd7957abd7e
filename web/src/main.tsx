/** Starts the pages. */

import "./ui/index.css";
import { render } from "preact";
import { App } from "./app";
import { begin } from "./session";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
void begin();
