/** What this browser remembers of a person's liking. Storage may be forbidden; then nothing is remembered. */

const PREFIX = "cti-bridge.";

export function readSetting<Value extends string>(
  name: string,
  allowed: readonly Value[],
  otherwise: Value,
): Value {
  try {
    const stored = localStorage.getItem(PREFIX + name);
    return allowed.find((value) => value === stored) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function writeSetting(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Nothing to be done about it, and nothing lost but a preference.
  }
}
