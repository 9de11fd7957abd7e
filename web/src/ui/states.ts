/** The icon of each state and channel: a state is never told by colour alone. */

import type {
  AgentState,
  AgentStatus,
  CallerKind,
  CallState,
  Channel,
  ContactChannel,
  CustomerNumber,
  EndReason,
  OfferState,
  Rank,
  Severity,
} from "../wire";
import type { IconName } from "./icons";

export const AGENT_ICONS: Record<AgentState, IconName> = {
  offline: "unplug",
  ready: "circle-check",
  paused: "coffee",
  dialling: "phone-outgoing",
  ringing: "phone-incoming",
  talking: "phone-call",
  held: "circle-pause",
  wrap_up: "clipboard-pen",
  busy: "circle-minus",
};

export const STATUS_ICONS: Record<AgentStatus, IconName> = {
  available: "circle-check",
  paused: "coffee",
  signed_out: "log-out",
};

export const OFFER_ICONS: Record<OfferState, IconName> = {
  dialling: "phone-outgoing",
  ringing: "phone-incoming",
  talking: "phone-call",
  held: "circle-pause",
  withdrawn: "phone-missed",
  ended: "phone-off",
};

export const CALL_ICONS: Record<CallState, IconName> = {
  arriving: "phone-forwarded",
  queued: "hourglass",
  ringing: "phone-incoming",
  talking: "phone-call",
  held: "circle-pause",
  parked: "parking-meter",
  ended: "phone-off",
};

export const OUTCOME_ICONS: Record<EndReason, IconName> = {
  completed: "circle-check",
  abandoned: "phone-missed",
  not_reached: "phone-off",
  merged: "phone-forwarded",
  lost: "unplug",
};

export const CALLER_ICONS: Record<CallerKind, IconName> = {
  number: "user-round-search",
  extension: "briefcase",
  private: "eye-off",
  pay_phone: "phone",
  out_of_area: "globe",
  unavailable: "globe",
  unreadable: "triangle-alert",
};

export const RANK_ICONS: Record<Rank, IconName> = {
  regular: "user-round",
  silver: "medal",
  gold: "award",
  platinum: "gem",
};

export const SEVERITY_ICONS: Record<Severity, IconName> = {
  notice: "info",
  warning: "triangle-alert",
  critical: "octagon-alert",
};

export const CHANNEL_ICONS: Record<Channel, IconName> = {
  phone: "phone",
  web: "globe",
  fax: "printer",
  postcard: "mailbox",
  shop: "store",
};

export const CONTACT_ICONS: Record<ContactChannel, IconName> = {
  call: "phone",
  email: "mail",
  letter: "mailbox",
  fax: "printer",
  chat: "messages-square",
  social: "message-circle",
  shop_visit: "store",
};

export const NUMBER_ICONS: Record<CustomerNumber["label"], IconName> = {
  mobile: "smartphone",
  home: "house",
  work: "briefcase",
  fax: "printer",
  other: "phone",
};
