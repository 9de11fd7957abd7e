/** The supervisor's page: the whole floor, at most a second old. */

import { useEffect } from "preact/hooks";
import "./board.css";
import { dates, text } from "../i18n";
import { useLive } from "../live";
import { applyBoard, EMPTY_BOARD } from "../store";
import { LinkBar } from "../ui/link-bars";
import { DisplayMenu, LanguageSwitch, SignOut } from "../ui/preferences";
import { second } from "../ui/time";
import { WhyPage } from "../why/page";
import type { Me } from "../wire";
import { Agents } from "./agents";
import { Calls } from "./calls";
import { Queues } from "./queues";
import { useCallInHash } from "./route";
import { SourceBars, Sources } from "./sources";
import { Tiles } from "./tiles";

export function BoardPage({ me }: { me: Me }) {
  const t = text.value;
  const live = useLive(me.push_url, "board", EMPTY_BOARD, applyBoard);
  const view = live?.view.value ?? EMPTY_BOARD;
  const isLive = live?.link.value.kind === "live";
  const callId = useCallInHash();
  const title = callId === null ? t.board.pageTitle : t.why.pageTitle;

  useEffect(() => {
    document.title = `${title} — ${text.value.product}`;
  });

  return (
    <div class="board" data-live={isLive}>
      <header class="board-top">
        {callId === null ? <h1>{t.board.title}</h1> : <p class="board-title">{t.board.title}</p>}
        <WallClock />
        <div class="desk-tools">
          <span class="board-me">{me.name}</span>
          <LanguageSwitch />
          <DisplayMenu />
          <SignOut />
        </div>
      </header>
      <div class="bars">
        {live !== null && (
          <LinkBar link={live.link.value} whatWorks={t.link.lostForBoard} onRetry={live.retryNow} />
        )}
        <SourceBars view={view} />
      </div>
      {callId === null ? (
        <>
          <Tiles view={view} />
          <main class="board-main">
            <Queues view={view} />
            <Calls view={view} />
            <Agents view={view} />
            <Sources view={view} />
          </main>
        </>
      ) : (
        <WhyPage callId={callId} />
      )}
    </div>
  );
}

function WallClock() {
  const { today, timeToTheSecond } = dates.value;
  return (
    <p class="wall-clock">
      {today(second.value)} <strong>{timeToTheSecond(second.value)}</strong>
    </p>
  );
}
