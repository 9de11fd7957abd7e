/** The cues of a relationship, the most telling first. Pure apart from the language. */

import { dates, figures, text } from "../i18n";
import type { IconName } from "../ui/icons";
import { CONTACT_ICONS } from "../ui/states";
import type { Card, Me } from "../wire";

export interface Cue {
  name: string;
  icon: IconName;
  text: string;
  /** Worth a word of greeting. */
  isStrong: boolean;
}

/** Whoever calls this often within seven days has something on their mind. */
const OFTEN = 3;

export function cuesOf({ profile, cues }: Card, me: Pick<Me, "agent_id">, nowMs: number): Cue[] {
  const t = text.value.card;
  const found: Cue[] = [];
  const add = (name: string, icon: IconName, words: string, isStrong = false) =>
    found.push({ name, icon, text: words, isStrong });

  if (profile.birth_date !== null && dates.value.age(profile.birth_date, nowMs).isBirthday) {
    add("birthday", "cake", t.birthday, true);
  }
  if (profile.dedicated_agent_id === me.agent_id) add("yours", "user-round-check", t.yours, true);
  if (cues.is_first_call) add("first", "phone-incoming", t.firstCall, true);
  else if (cues.last_call_at !== null) {
    const years = dates.value.yearsSince(cues.last_call_at, nowMs);
    const when = dates.value.said(cues.last_call_at, nowMs);
    if (cues.calls_7d >= OFTEN) {
      add("often", "repeat-2", t.callsThisWeek(String(cues.calls_7d), when), true);
    } else {
      if (years > 0) add("absence", "phone-incoming", t.longAbsence(String(years)), true);
      add("last", "phone", t.lastCall(when));
    }
  }
  if (cues.orders_total === 0) add("never", "shopping-bag", t.neverBought);
  else {
    const { count, money } = figures.value;
    add("bought", "shopping-bag", t.bought(count(cues.orders_total), money(cues.amount_total_minor)));
  }
  // What somebody said counts before what they do.
  const [said, done] = [profile.preferred_channel, cues.preferred_channel];
  const channel = said ?? done;
  if (channel !== null) {
    const words = text.value.contactChannels[channel];
    add("prefers", CONTACT_ICONS[channel], said === null ? t.mostlyBy(words) : t.prefers(words));
  }
  if (profile.dedicated_agent_name !== null && profile.dedicated_agent_id !== me.agent_id) {
    add("dedicated", "user-round", t.dedicated(profile.dedicated_agent_name));
  }
  return found;
}
