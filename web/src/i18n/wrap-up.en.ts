/** The words of after-call work, in English. */

import type { wrapUpJa } from "./wrap-up.ja";

export const wrapUpEn: typeof wrapUpJa = {
  title: "After-call work",
  pick: "Choose what it was",
  picked: (category, disposition) => `${category} › ${disposition}`,
  categories: "Category",
  dispositions: "Disposition",
  search: "Search by words",
  nothing: "Nothing like that",
  required: "required",
  fields: { amount: "Amount", follow_up_on: "Next contact on", note: "note", customer: "customer" },
  missing: (fields) => `Still required: ${fields}`,
  choose: "Please choose a category and a disposition.",
  others: "There are calls of which nothing was said yet.",
  save: "Save",
  saved: "Saved",
  failed: "The disposition could not be saved. What you entered is still here.",
  left: "Left",
  more: "More time",
  moreFailed: "It cannot be made longer again.",
  done: "Done",
  doneFailed: "The after-call work could not be ended.",
  waiting: (who, time) => `Nothing was said yet of the call at ${time} (${who}).`,
  open: "Fill in",
  close: "Close",
  drop: "Leave it",
};
