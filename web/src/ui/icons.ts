/** The icons of the pages, each imported by itself. */

import ArrowDownLeft from "lucide/dist/esm/icons/arrow-down-left.mjs";
import ArrowLeft from "lucide/dist/esm/icons/arrow-left.mjs";
import ArrowUpRight from "lucide/dist/esm/icons/arrow-up-right.mjs";
import Award from "lucide/dist/esm/icons/award.mjs";
import Briefcase from "lucide/dist/esm/icons/briefcase.mjs";
import Cake from "lucide/dist/esm/icons/cake.mjs";
import CircleCheck from "lucide/dist/esm/icons/circle-check.mjs";
import CircleMinus from "lucide/dist/esm/icons/circle-minus.mjs";
import CirclePause from "lucide/dist/esm/icons/circle-pause.mjs";
import CircleQuestionMark from "lucide/dist/esm/icons/circle-question-mark.mjs";
import CircleX from "lucide/dist/esm/icons/circle-x.mjs";
import ClipboardPen from "lucide/dist/esm/icons/clipboard-pen.mjs";
import Coffee from "lucide/dist/esm/icons/coffee.mjs";
import Eye from "lucide/dist/esm/icons/eye.mjs";
import EyeOff from "lucide/dist/esm/icons/eye-off.mjs";
import Gem from "lucide/dist/esm/icons/gem.mjs";
import Globe from "lucide/dist/esm/icons/globe.mjs";
import Handshake from "lucide/dist/esm/icons/handshake.mjs";
import Heart from "lucide/dist/esm/icons/heart.mjs";
import Hourglass from "lucide/dist/esm/icons/hourglass.mjs";
import House from "lucide/dist/esm/icons/house.mjs";
import IdCard from "lucide/dist/esm/icons/id-card.mjs";
import Inbox from "lucide/dist/esm/icons/inbox.mjs";
import Info from "lucide/dist/esm/icons/info.mjs";
import KeyRound from "lucide/dist/esm/icons/key-round.mjs";
import Languages from "lucide/dist/esm/icons/languages.mjs";
import Lightbulb from "lucide/dist/esm/icons/lightbulb.mjs";
import ListChecks from "lucide/dist/esm/icons/list-checks.mjs";
import LogOut from "lucide/dist/esm/icons/log-out.mjs";
import Mail from "lucide/dist/esm/icons/mail.mjs";
import Mailbox from "lucide/dist/esm/icons/mailbox.mjs";
import MapPin from "lucide/dist/esm/icons/map-pin.mjs";
import Medal from "lucide/dist/esm/icons/medal.mjs";
import MessageCircle from "lucide/dist/esm/icons/message-circle.mjs";
import MessagesSquare from "lucide/dist/esm/icons/messages-square.mjs";
import Mic from "lucide/dist/esm/icons/mic.mjs";
import MicOff from "lucide/dist/esm/icons/mic-off.mjs";
import NotebookPen from "lucide/dist/esm/icons/notebook-pen.mjs";
import OctagonAlert from "lucide/dist/esm/icons/octagon-alert.mjs";
import Package from "lucide/dist/esm/icons/package.mjs";
import ParkingMeter from "lucide/dist/esm/icons/parking-meter.mjs";
import Pause from "lucide/dist/esm/icons/pause.mjs";
import Pencil from "lucide/dist/esm/icons/pencil.mjs";
import Phone from "lucide/dist/esm/icons/phone.mjs";
import PhoneCall from "lucide/dist/esm/icons/phone-call.mjs";
import PhoneForwarded from "lucide/dist/esm/icons/phone-forwarded.mjs";
import PhoneIncoming from "lucide/dist/esm/icons/phone-incoming.mjs";
import PhoneMissed from "lucide/dist/esm/icons/phone-missed.mjs";
import PhoneOff from "lucide/dist/esm/icons/phone-off.mjs";
import PhoneOutgoing from "lucide/dist/esm/icons/phone-outgoing.mjs";
import Pin from "lucide/dist/esm/icons/pin.mjs";
import Play from "lucide/dist/esm/icons/play.mjs";
import Printer from "lucide/dist/esm/icons/printer.mjs";
import Repeat2 from "lucide/dist/esm/icons/repeat-2.mjs";
import RotateCw from "lucide/dist/esm/icons/rotate-cw.mjs";
import Search from "lucide/dist/esm/icons/search.mjs";
import Server from "lucide/dist/esm/icons/server.mjs";
import ShoppingBag from "lucide/dist/esm/icons/shopping-bag.mjs";
import SlidersHorizontal from "lucide/dist/esm/icons/sliders-horizontal.mjs";
import Smartphone from "lucide/dist/esm/icons/smartphone.mjs";
import Store from "lucide/dist/esm/icons/store.mjs";
import TriangleAlert from "lucide/dist/esm/icons/triangle-alert.mjs";
import Undo2 from "lucide/dist/esm/icons/undo-2.mjs";
import Unplug from "lucide/dist/esm/icons/unplug.mjs";
import UserRound from "lucide/dist/esm/icons/user-round.mjs";
import UserRoundCheck from "lucide/dist/esm/icons/user-round-check.mjs";
import UserRoundSearch from "lucide/dist/esm/icons/user-round-search.mjs";
import UserRoundX from "lucide/dist/esm/icons/user-round-x.mjs";
import UsersRound from "lucide/dist/esm/icons/users-round.mjs";
import WifiOff from "lucide/dist/esm/icons/wifi-off.mjs";
import X from "lucide/dist/esm/icons/x.mjs";

export const ICONS = {
  "arrow-down-left": ArrowDownLeft,
  "arrow-left": ArrowLeft,
  "arrow-up-right": ArrowUpRight,
  award: Award,
  briefcase: Briefcase,
  cake: Cake,
  "circle-check": CircleCheck,
  "circle-minus": CircleMinus,
  "circle-pause": CirclePause,
  "circle-question-mark": CircleQuestionMark,
  "circle-x": CircleX,
  "clipboard-pen": ClipboardPen,
  coffee: Coffee,
  eye: Eye,
  "eye-off": EyeOff,
  gem: Gem,
  globe: Globe,
  handshake: Handshake,
  heart: Heart,
  hourglass: Hourglass,
  house: House,
  "id-card": IdCard,
  inbox: Inbox,
  info: Info,
  "key-round": KeyRound,
  languages: Languages,
  lightbulb: Lightbulb,
  "list-checks": ListChecks,
  "log-out": LogOut,
  mail: Mail,
  mailbox: Mailbox,
  "map-pin": MapPin,
  medal: Medal,
  "message-circle": MessageCircle,
  "messages-square": MessagesSquare,
  mic: Mic,
  "mic-off": MicOff,
  "notebook-pen": NotebookPen,
  "octagon-alert": OctagonAlert,
  package: Package,
  "parking-meter": ParkingMeter,
  pause: Pause,
  pencil: Pencil,
  phone: Phone,
  "phone-call": PhoneCall,
  "phone-forwarded": PhoneForwarded,
  "phone-incoming": PhoneIncoming,
  "phone-missed": PhoneMissed,
  "phone-off": PhoneOff,
  "phone-outgoing": PhoneOutgoing,
  pin: Pin,
  play: Play,
  printer: Printer,
  "repeat-2": Repeat2,
  "rotate-cw": RotateCw,
  search: Search,
  server: Server,
  "shopping-bag": ShoppingBag,
  "sliders-horizontal": SlidersHorizontal,
  smartphone: Smartphone,
  store: Store,
  "triangle-alert": TriangleAlert,
  "undo-2": Undo2,
  unplug: Unplug,
  "user-round": UserRound,
  "user-round-check": UserRoundCheck,
  "user-round-search": UserRoundSearch,
  "user-round-x": UserRoundX,
  "users-round": UsersRound,
  "wifi-off": WifiOff,
  x: X,
} as const;

export type IconName = keyof typeof ICONS;
