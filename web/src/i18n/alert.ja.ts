/** Japanese of the alerts: rings told to whoever looks elsewhere. */

export const alertJa = {
  tone: {
    label: "着信音",
    off: "鳴らさない",
    soft: "小さめ",
    loud: "大きめ",
    blocked: "このページを一度クリックするまで、ブラウザーは音を鳴らせません。",
  },
  notification: {
    label: "着信の通知",
    on: "する",
    off: "しない",
    lead: "ほかのタブやアプリをお使いのときも、着信をブラウザーの通知でお知らせします。",
    ask: "通知を許可する",
    denied: "ブラウザーの設定で通知が許可されていません。アドレス欄の左にあるアイコンから許可できます。",
    unsupported: "この接続では通知を使えません。https で開くか、管理者にご相談ください。",
  },
};
