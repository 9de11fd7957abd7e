"""All that a bridge serves over HTTP but the pages: each API joined to the parts it asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import asyncpg
from redis.asyncio import Redis

from cti_bridge.agents.command_log import CommandLog
from cti_bridge.agents.desks import Desks
from cti_bridge.agents.my_day import Days
from cti_bridge.agents.oidc import Provider
from cti_bridge.agents.passwords import verify_password
from cti_bridge.agents.roster import Roster
from cti_bridge.agents.sessions import SessionKey, Sessions
from cti_bridge.agents.throttle import Throttle
from cti_bridge.api.audit import AuditApi
from cti_bridge.api.call_summary import Summaries
from cti_bridge.api.calls import CallsApi
from cti_bridge.api.cards import CardsApi
from cti_bridge.api.colleagues import ColleaguesApi
from cti_bridge.api.commands import CommandsApi
from cti_bridge.api.credentials import Credentials
from cti_bridge.api.customers import CustomersApi
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.health import PartState, health_endpoints
from cti_bridge.api.intake import IntakeApi
from cti_bridge.api.karte import KarteApi
from cti_bridge.api.my_day import MyDayApi
from cti_bridge.api.oidc import CALLBACK, OidcApi
from cti_bridge.api.proxy_login import ProxyLoginApi
from cti_bridge.api.session import SessionApi
from cti_bridge.api.signed_in import Viewed
from cti_bridge.api.suggestions import SuggestionsApi
from cti_bridge.api.wrap_up import WrapUpApi
from cti_bridge.background import Background
from cti_bridge.board.live import Board
from cti_bridge.calls.events import CallEvent
from cti_bridge.calls.ids import AgentId, CallId, PbxId
from cti_bridge.calls.state import Live
from cti_bridge.clock import Clock
from cti_bridge.command.commander import Commander
from cti_bridge.command.hot_desk import HotDesk
from cti_bridge.command.wrap_up import WrapUps
from cti_bridge.customers.answers import Answers
from cti_bridge.customers.call_dispositions import CallDispositions
from cti_bridge.customers.cautions import Cautions
from cti_bridge.customers.dispositions import Dispositions
from cti_bridge.customers.households import Households
from cti_bridge.customers.karte import Karte
from cti_bridge.customers.pages import Pages
from cti_bridge.customers.profile import Profiles
from cti_bridge.customers.proxy_login import ProxyLogins
from cti_bridge.customers.questions import Question
from cti_bridge.customers.search import Search
from cti_bridge.intake.tokens import Tokens
from cti_bridge.lookup.resolve import Resolver
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.perform import Performer
from cti_bridge.records.card_views import CardViews
from cti_bridge.records.recent import RecentCalls
from cti_bridge.records.steps import spoke_in
from cti_bridge.records.trace import Trace
from cti_bridge.settings import Settings
from cti_bridge.staff import Staff
from cti_bridge.suggest.outcomes import Outcomes
from cti_bridge.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Parts:
    """What the APIs ask. ``tell`` takes an event of the bridge's own making; ``states``: what works."""

    settings: Settings
    pool: asyncpg.Pool
    redis: Redis
    sessions: Sessions
    roster: Roster
    staff: Staff
    board: Board
    live: Live
    sources: Mapping[PbxId, AmiSource]
    trace: Trace
    resolver: Resolver
    performer: Performer
    wrap_ups: WrapUps
    proxy_logins: ProxyLogins
    questions: Sequence[Question]
    dispositions: Dispositions
    viewed: Viewed
    tell: Callable[[CallEvent], None]
    background: Background
    states: Callable[[], Mapping[str, PartState]]
    telemetry: Telemetry
    clock: Clock


def all_endpoints(
    parts: Parts, on_sign_out: Callable[[SessionKey], None], read_roster: Callable[[], Awaitable[None]]
) -> list[Endpoint]:
    """Everything. ``on_sign_out`` closes a session's sockets, ``read_roster`` those the roster ends."""
    return [
        *_signing_in(parts, on_sign_out, read_roster),
        *_calls(parts),
        *_customers(parts),
        *_agents_own(parts),
        *_other_systems(parts),
        *health_endpoints(parts.states, parts.telemetry),
    ]


def _signing_in(
    parts: Parts, on_sign_out: Callable[[SessionKey], None], read_roster: Callable[[], Awaitable[None]]
) -> list[Endpoint]:
    settings = parts.settings
    session_api = SessionApi(
        settings=settings,
        sessions=parts.sessions,
        roster=parts.roster,
        credentials=Credentials(parts.roster, verify_password),
        throttle=Throttle(parts.redis, settings.sessions),
        on_sign_out=on_sign_out,
        on_signed_out_everywhere=read_roster,
        clock=parts.clock,
        telemetry=parts.telemetry,
    )
    callback = f"{settings.http.origin()}{CALLBACK}"
    oidc_api = OidcApi(
        settings=settings.oidc,
        provider=Provider(settings.oidc, callback, parts.clock) if settings.oidc.issuer else None,
        roster=parts.roster,
        redis=parts.redis,
        let_in=session_api.let_in,
        is_secure=settings.http.is_secure,
        telemetry=parts.telemetry,
    )
    return [*session_api.endpoints(), *oidc_api.endpoints()]


def _calls(parts: Parts) -> list[Endpoint]:
    """The calls of the last day, why they popped or did not, and what the PBXs are to do."""
    calls = CallsApi(
        sessions=parts.sessions,
        recent=RecentCalls(parts.pool),
        trace=parts.trace,
        board=parts.board,
        summaries=Summaries(name=parts.staff.name, label=parts.board.label),
        clock=parts.clock,
        kept_hours=parts.settings.records.trace_hours,
    )
    hot_desk = HotDesk(parts.live, Desks(parts.pool), parts.sources, parts.tell)
    commander = Commander(
        parts.live,
        parts.sources,
        hot_desk,
        parts.staff.agent,
        parts.tell,
        CommandLog(parts.pool).write,
        parts.background.spawn,
        parts.telemetry,
        parts.clock,
    )
    colleagues = ColleaguesApi(parts.sessions, parts.staff.everybody, parts.board.agent_state)
    return [
        *calls.endpoints(),
        *CommandsApi(parts.sessions, commander).endpoints(),
        *colleagues.endpoints(),
    ]


def _customers(parts: Parts) -> list[Endpoint]:
    """Customers: looked for, changed, noted of, and who saw them."""
    pool, sessions, viewed = parts.pool, parts.sessions, parts.viewed
    country = parts.settings.region.country
    customers = CustomersApi(
        sessions,
        Search(pool, country),
        Profiles(pool, country),
        Pages(pool),
        viewed,
        lambda hits: parts.telemetry.searches.labels("found" if hits else "nothing").inc(),
    )
    karte = KarteApi(
        sessions, Karte(pool), Cautions(pool), Answers(pool), parts.questions, parts.staff.name, viewed
    )
    return [
        *CardsApi(sessions, parts.resolver, Households(pool), parts.performer, viewed).endpoints(),
        *customers.endpoints(),
        *karte.endpoints(),
        *SuggestionsApi(sessions, Outcomes(pool)).endpoints(),
        *AuditApi(sessions, CardViews(pool), parts.staff.name).endpoints(),
    ]


def _agents_own(parts: Parts) -> list[Endpoint]:
    """The agent's own day, and after-call work."""

    def spoke(call_id: CallId) -> frozenset[AgentId] | None:
        """Who spoke on a call that lives or closed a moment ago; None for one unknown."""
        kept = parts.trace.find(call_id)
        return None if kept is None else spoke_in(kept.steps)

    wanted = parts.settings.wrap_up
    wrap_up = WrapUpApi(
        sessions=parts.sessions,
        dispositions=parts.dispositions,
        words=CallDispositions(parts.pool),
        work=parts.wrap_ups,
        spoke=spoke,
        name=parts.staff.name,
        viewed=parts.viewed,
        more_s=wanted.more_s,
        written_in=wanted.written_in,
    )
    return [*MyDayApi(parts.sessions, Days(parts.pool)).endpoints(), *wrap_up.endpoints()]


def _other_systems(parts: Parts) -> list[Endpoint]:
    """What comes from outside, and the shop."""
    settings, tokens = parts.settings, Tokens(parts.pool)
    intake = IntakeApi(
        tokens, parts.pool, settings.region.country, ZoneInfo(settings.region.time_zone), parts.clock
    )
    proxy_login = ProxyLoginApi(
        settings.proxy_login, parts.sessions, tokens, parts.proxy_logins, parts.performer, parts.viewed
    )
    return [*intake.endpoints(), *proxy_login.endpoints()]
