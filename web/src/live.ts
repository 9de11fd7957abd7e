/** Joins a topic's connection to a view the pages draw from. */

import { type Signal, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { type Frame, follow, type LinkStatus, painter, watch } from "./client";
import { confirm, expired } from "./session";
import { heard, retune } from "./ui/time";

export interface Live<View> {
  view: Signal<View>;
  link: Signal<LinkStatus>;
  retryNow(): void;
  stop(): void;
}

/** From here on a link that does not come back is suspected to be a session that ended. */
const SUSPICIOUS_ATTEMPTS = 3;

export function live<View, F extends Frame>(
  url: string,
  topic: string,
  empty: View,
  apply: (view: View, frame: F) => View,
): Live<View> {
  const view = signal(empty);
  const link = signal<LinkStatus>({ kind: "connecting" });
  const paint = painter((offset) => connection.ack(offset));
  const connection = follow<F>({
    url,
    topic,
    onFrame: (frame) => {
      heard(frame.at);
      view.value = apply(view.value, frame);
      paint.applied(frame.offset);
    },
    onStatus: (status) => {
      link.value = status;
      if (status.kind === "live") retune();
      if (status.kind === "over" && status.signIn) expired();
      if (status.kind === "lost" && status.attempts % SUSPICIOUS_ATTEMPTS === 0) void confirm();
    },
  });
  const unwatch = watch(connection);
  return {
    view,
    link,
    retryNow: connection.retryNow,
    stop: () => {
      unwatch();
      paint.stop();
      connection.close();
    },
  };
}

/** A connection as long as the component is there; null until its first effect. */
export function useLive<View, F extends Frame>(
  url: string,
  topic: string,
  empty: View,
  apply: (view: View, frame: F) => View,
): Live<View> | null {
  const [current, setCurrent] = useState<Live<View> | null>(null);
  useEffect(() => {
    const started = live(url, topic, empty, apply);
    setCurrent(started);
    return started.stop;
  }, [url, topic, empty, apply]);
  return current;
}
