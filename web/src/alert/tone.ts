/** The ring tone, made up here so that nothing need be loaded: as a telephone in Japan rings. */

import { signal } from "@preact/signals";
import { readSetting, writeSetting } from "../ui/settings";
import { inTurn } from "./turn";

export const LOUDNESS = ["off", "soft", "loud"] as const;
export type Loudness = (typeof LOUDNESS)[number];

export const loudness = signal<Loudness>(readSetting("ring-tone", LOUDNESS, "off"));
/** A browser lets a page sound only after somebody clicked or typed in it. */
export const isAllowedToSound = signal(false);

const GAIN: Record<Loudness, number> = { off: 0, soft: 0.06, loud: 0.4 };
const PITCH_HZ = 400;
const TREMBLE_HZ = 16;
const RING_S = 1;
const PAUSE_S = 2;
const RINGS = 3;
/** Without a slope a tone that begins or ends clicks. */
const SLOPE_S = 0.02;

let audio: AudioContext | null = null;

export function chooseLoudness(next: Loudness): void {
  loudness.value = next;
  writeSetting("ring-tone", next);
  if (next === "off") return;
  allow();
  // So that it can be heard how loud that is. Resuming takes a moment, and the ring waits for it.
  if (audio !== null) play(audio, GAIN[next], 1);
}

/** Call when somebody clicked or typed: from then on the browser lets the page sound. */
function allow(): void {
  if (loudness.value === "off" || typeof AudioContext !== "function") return;
  if (audio === null) {
    const made = new AudioContext();
    made.onstatechange = () => {
      isAllowedToSound.value = made.state === "running";
    };
    audio = made;
  }
  if (audio.state !== "running") void audio.resume().catch(() => {});
}

/** Answers with what stops listening. */
export function listenForGestures(): () => void {
  addEventListener("pointerdown", allow);
  addEventListener("keydown", allow);
  return () => {
    removeEventListener("pointerdown", allow);
    removeEventListener("keydown", allow);
  };
}

/** Rings in one tab of those that may; the answer ends it. Nothing where it is off or not allowed. */
export function ring(): () => void {
  const context = audio;
  if (context === null || context.state !== "running" || loudness.value === "off") return () => {};
  return inTurn("cti-bridge/ring-tone", () => play(context, GAIN[loudness.value], RINGS));
}

/** All is planned at once, by the audio's own clock: timers of a hidden tab come late. */
function play(context: AudioContext, gain: number, rings: number): () => void {
  const begin = context.currentTime + SLOPE_S;
  const volume = new GainNode(context, { gain: 0 });
  const tremble = new GainNode(context, { gain: 0.5 });
  const depth = new GainNode(context, { gain: 0.5 });
  const pitch = new OscillatorNode(context, { frequency: PITCH_HZ });
  const beat = new OscillatorNode(context, { frequency: TREMBLE_HZ });
  pitch.connect(tremble).connect(volume).connect(context.destination);
  beat.connect(depth).connect(tremble.gain);
  for (let number = 0; number < rings; number += 1) {
    const at = begin + number * (RING_S + PAUSE_S);
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(gain, at + SLOPE_S);
    volume.gain.setValueAtTime(gain, at + RING_S - SLOPE_S);
    volume.gain.linearRampToValueAtTime(0, at + RING_S);
  }
  const end = begin + rings * (RING_S + PAUSE_S);
  for (const source of [pitch, beat]) {
    source.start(begin);
    source.stop(end);
  }
  return () => {
    volume.gain.cancelScheduledValues(context.currentTime);
    volume.gain.setTargetAtTime(0, context.currentTime, SLOPE_S / 3);
    for (const source of [pitch, beat]) source.stop(context.currentTime + SLOPE_S);
  };
}
