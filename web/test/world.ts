/** Sockets, clocks, locks and channels that do as they are told: a browser for tests of the client. */

import type { Socket } from "../src/client";
import type { Channel, LockRequest, TabPorts } from "../src/client/tab-ports";

const BEAT_MS = 3_000;

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  isClosed = false;
  /** Nothing comes through any more, and nobody says so. */
  isStalled = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  hear(offset: number, type = "agent.state", epoch = "e1", changes: object = {}): void {
    this.say({ v: 1, epoch, offset, topic: "board", type, at: "", ...changes });
  }

  beat(): void {
    if (!this.isClosed && !this.isStalled) this.say({ type: "beat", v: 1 });
  }

  private say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

interface Timer {
  due: number;
  task: () => void;
  owner: Tab;
}

interface Held {
  tab: Tab;
  request: LockRequest;
}

/** One browser: its clock, its sockets, and its tabs' one lock and one channel. */
export class World {
  sockets: FakeSocket[] = [];
  time = 1_000_000;
  timers: Timer[] = [];
  channels: FakeChannel[] = [];
  held: Held | null = null;
  waiting: Held[] = [];
  private beaten = this.time;
  private born = 0;

  tab(): Tab {
    this.born += 1;
    return new Tab(this, `tab-${this.born}`);
  }

  /** Timers come when due, servers beat. */
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const awake = this.timers.filter((each) => !each.owner.isFrozen && each.due <= end);
      const next = awake.sort((a, b) => a.due - b.due)[0];
      const beat = this.beaten + BEAT_MS;
      if (beat <= end && (next === undefined || beat <= next.due)) {
        this.time = Math.max(this.time, beat);
        this.beaten = beat;
        for (const socket of [...this.sockets]) socket.beat();
      } else if (next !== undefined) {
        this.time = Math.max(this.time, next.due);
        this.timers = this.timers.filter((each) => each !== next);
        next.task();
      } else {
        break;
      }
    }
    this.time = end;
  }

  /** The machine does nothing at all for so long. */
  stand(ms: number): void {
    this.time += ms;
    this.beaten = this.time;
  }

  /** Until the next socket is opened; answers how long that took. */
  passToNextAttempt(): number {
    const [opened, before] = [this.sockets.length, this.time];
    while (this.sockets.length === opened) this.pass(100);
    return this.time - before;
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  }

  /** The lock goes to whoever waits longest. */
  grant(): void {
    if (this.held !== null) return;
    this.held = this.waiting.shift() ?? null;
    this.held?.request.onHeld();
  }
}

class FakeChannel implements Channel {
  onmessage: ((event: { data: unknown }) => void) | null = null;

  constructor(private readonly tab: Tab) {}

  postMessage(message: unknown): void {
    if (!this.tab.world.channels.includes(this)) throw new Error("the channel is closed");
    for (const other of [...this.tab.world.channels]) {
      if (other !== this && !other.tab.isFrozen) other.onmessage?.({ data: structuredClone(message) });
    }
  }

  isOf(tab: Tab): boolean {
    return this.tab === tab;
  }

  close(): void {
    this.tab.world.channels = this.tab.world.channels.filter((each) => each !== this);
  }
}

/** One tab of the browser, as far as the client needs it. */
export class Tab implements TabPorts {
  /** Its script does not run. */
  isFrozen = false;
  private sockets: FakeSocket[] = [];
  private freezing: (() => void) | null = null;
  private waking: (() => void) | null = null;

  constructor(
    readonly world: World,
    readonly name: string,
  ) {}

  open(): Socket {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    this.world.sockets.push(socket);
    return socket;
  }

  now(): number {
    return this.world.time;
  }

  ticks(): number {
    return this.world.time;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { due: this.world.time + ms, task, owner: this };
    this.world.timers.push(timer);
    return () => {
      this.world.timers = this.world.timers.filter((each) => each !== timer);
    };
  }

  random(): number {
    return 1;
  }

  tabId(): string {
    return this.name;
  }

  channel(): Channel {
    const channel = new FakeChannel(this);
    this.world.channels.push(channel);
    return channel;
  }

  lock(_name: string, request: LockRequest): () => void {
    const { world } = this;
    const mine = { tab: this, request };
    if (request.isSteal) {
      const robbed = world.held;
      world.held = mine;
      request.onHeld();
      robbed?.request.onStolen();
    } else {
      world.waiting.push(mine);
      world.grant();
    }
    return () => {
      world.waiting = world.waiting.filter((each) => each !== mine);
      if (world.held !== mine) return;
      world.held = null;
      world.grant();
    };
  }

  onFreeze(freeze: () => void, wake: () => void): () => void {
    this.freezing = freeze;
    this.waking = wake;
    return () => {};
  }

  /** As the browser does it: told before. */
  freeze(): void {
    this.freezing?.();
    this.isFrozen = true;
  }

  wake(): void {
    this.isFrozen = false;
    this.waking?.();
  }

  /** Gone without a word: closed or crashed. */
  crash(): void {
    this.isFrozen = true;
    for (const socket of this.sockets) socket.isClosed = true;
    const { world } = this;
    world.channels = world.channels.filter((each) => !each.isOf(this));
    world.waiting = world.waiting.filter((each) => each.tab !== this);
    if (world.held?.tab === this) {
      world.held = null;
      world.grant();
    }
  }
}
