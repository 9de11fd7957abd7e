export { type Connection, connect, type Frame, type LinkStatus } from "./connection";
export { follow } from "./follow";
export { type Painter, painter } from "./painted";
export { browserPorts, type Ports, type Socket } from "./ports";
export { judge, type Position, positionOf } from "./position";
export { watch } from "./wake";
