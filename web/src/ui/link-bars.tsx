/** Says when the page is not live, since when, and what still works. */

import type { LinkStatus } from "../client";
import { dates, text } from "../i18n";
import { Clock } from "./clock";
import { Bar } from "./pieces";

interface Props {
  link: LinkStatus;
  /** What still works on this page; given the time since when. */
  whatWorks(time: string): string;
  onRetry(): void;
}

export function LinkBar({ link, whatWorks, onRetry }: Props) {
  const t = text.value;
  switch (link.kind) {
    case "connecting":
    case "live":
      return null;
    case "lost": {
      const time = dates.value.timeToTheSecond(link.sinceMs);
      return (
        <Bar tone="critical" icon="wifi-off" testId="link-lost">
          <p>
            <strong>
              {t.link.lost(time)} (<Clock since={new Date(link.sinceMs).toISOString()} />)
            </strong>{" "}
            {whatWorks(time)} {t.link.retrying}
          </p>
          <button type="button" class="button" onClick={onRetry}>
            <span>{t.link.retry}</span>
          </button>
        </Bar>
      );
    }
    case "over":
    case "outdated":
      return (
        <Bar tone="critical" icon="wifi-off" testId="link-over">
          <p>
            <strong>{link.kind === "over" ? t.link.over : t.link.outdated}</strong>
          </p>
          <button type="button" class="button" onClick={() => location.reload()}>
            {t.common.reload}
          </button>
        </Bar>
      );
  }
}
