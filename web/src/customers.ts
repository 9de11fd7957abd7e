/** The HTTP side of customers: whom a call is from, search, profile, karte, outcomes. */

import { signal } from "@preact/signals";
import { ask, type Outcome } from "./api";
import type {
  CautionMade,
  ChangedNote,
  ChosenCustomer,
  ContactPage,
  CounsellingAnswer,
  CounsellingQuestions,
  CustomerHits,
  CustomerMade,
  KarteNote,
  NewCaution,
  NewCustomer,
  NewNote,
  NotePage,
  OrderPage,
  OutcomeRecorded,
  ProductPage,
  ProxyLoginCode,
  ProxyLoginRequest,
  SuggestionOutcome,
} from "./wire";

/** The call for which somebody was last chosen at this page: whoever chose waits for the card. */
export const chosenHere = signal<string | null>(null);

/** Calls that were said here to be from nobody of those the number belongs to. */
export const saidNobody = signal<ReadonlySet<string>>(new Set());

const of = (id: number) => `/api/customers/${id}`;
const call = (callId: string) => `/api/calls/${encodeURIComponent(callId)}/customer`;

/** The call is from this customer; null: from nobody of those the number belongs to. */
export const identify = (callId: string, customer_id: number | null) => {
  if (customer_id === null) saidNobody.value = new Set([...saidNobody.value, callId]);
  return choosing(callId, ask<null>("POST", call(callId), { customer_id } satisfies ChosenCustomer));
};
/** What the number alone says. */
export const unidentify = (callId: string) => choosing(callId, ask<null>("DELETE", call(callId)));

async function choosing(callId: string, asked: Promise<Outcome<null>>): Promise<Outcome<null>> {
  chosenHere.value = callId;
  const outcome = await asked;
  if (outcome.kind !== "ok") chosenHere.value = null;
  return outcome;
}

/** A code that opens the shop as this customer, while the call lasts. */
export const askProxyLogin = (wanted: ProxyLoginRequest) =>
  ask<ProxyLoginCode>("POST", "/api/proxy-logins", wanted);

export const findCustomers = (words: string) =>
  ask<CustomerHits>("GET", `/api/customers?${new URLSearchParams({ q: words, limit: "20" })}`);
export const makeCustomer = (body: NewCustomer) => ask<CustomerMade>("POST", "/api/customers", body);

const PAGE = "20";

export interface Pages {
  orders: OrderPage;
  contacts: ContactPage;
  notes: NotePage;
  products: ProductPage;
}
export const fetchPage = <Part extends keyof Pages>(
  id: number,
  part: Part,
  before: string | null,
  callId: string,
): Promise<Outcome<Pages[Part]>> =>
  ask(
    "GET",
    `${of(id)}/${part}?${new URLSearchParams({ limit: PAGE, call_id: callId, ...(before === null ? {} : { before }) })}`,
  );

export const writeNote = (id: number, body: NewNote) => ask<KarteNote>("POST", `${of(id)}/notes`, body);
export const changeNote = (noteId: number, change: Partial<ChangedNote>) =>
  ask<KarteNote>("PATCH", `/api/notes/${noteId}`, change);
export const settleContact = (contactId: number) => ask<null>("POST", `/api/contacts/${contactId}/close`);

export const addCaution = (id: number, body: NewCaution) =>
  ask<CautionMade>("POST", `${of(id)}/cautions`, body);
export const endCaution = (id: number) => ask<null>("DELETE", `/api/cautions/${id}`);

export const recordOutcome = (id: number, sku: string, body: SuggestionOutcome) =>
  ask<OutcomeRecorded>("POST", `${of(id)}/suggestions/${encodeURIComponent(sku)}/outcome`, body);

export const fetchQuestions = () => ask<CounsellingQuestions>("GET", "/api/counselling");
export const answerQuestion = (id: number, body: CounsellingAnswer) =>
  ask<null>("PATCH", `${of(id)}/counselling`, body);
