/** Follows a topic: over one socket for all tabs where the browser lets them share, else over one each. */

import { type Connection, connect, type Frame } from "./connection";
import { type ShareOptions, share } from "./relay";
import { canShare } from "./tab-ports";

export function follow<F extends Frame>(options: ShareOptions<F>): Connection {
  return canShare() ? share(options) : connect(options);
}
