/** Which page is shown: sign-in, or the one of the person's job. */

import { useEffect } from "preact/hooks";
import { AgentPage } from "./agent/page";
import { BoardPage } from "./board/page";
import { text } from "./i18n";
import { homeOf, session } from "./session";
import { SignInPage } from "./signin/page";
import { Bar } from "./ui/pieces";

export function App() {
  const now = session.value;
  const path = now.kind === "in" ? homeOf(now.me) : "/";

  // The address follows the person and never the other way round: an agent who
  // opens /board belongs on /agent. While nobody has answered it is left alone.
  useEffect(() => {
    if (now.kind !== "asking" && location.pathname !== path) {
      // The fragment names a part of the board's page; it outlives a sign-in.
      history.replaceState(null, "", path === "/agent" ? path : path + location.hash);
    }
  }, [now.kind, path]);

  switch (now.kind) {
    case "asking":
      return now.isUnreachable ? <Unreachable /> : null;
    case "out":
      return <SignInPage hasEnded={now.hasEnded} />;
    case "in":
      return path === "/agent" ? <AgentPage me={now.me} /> : <BoardPage me={now.me} />;
  }
}

function Unreachable() {
  return (
    <Bar tone="warning" icon="wifi-off" testId="unreachable">
      <p>{text.value.signIn.unreachable}</p>
    </Bar>
  );
}
