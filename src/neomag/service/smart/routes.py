"""GET /smart/launch (from an EHR), /smart/start (by itself), /smart/callback (back from the login)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from litestar import Request, Response, Router, get
from litestar.datastructures import Cookie

from neomag.answer import Answer
from neomag.assess import assess
from neomag.fhir import FhirInputError, Problem, read_case
from neomag.fhir.client import FhirClient, FhirServerError, Limits
from neomag.fhir.infant import read_infant
from neomag.service.loopback import is_loopback
from neomag.service.settings import Settings
from neomag.service.smart.discovery import Directory
from neomag.service.smart.keep import Keep
from neomag.service.smart.launches import LIFE, Launch, Launches
from neomag.service.smart.page import answer_page, choice_page, refusal_page
from neomag.service.smart.refusal import Refusal, error_code
from neomag.service.smart.scopes import asked
from neomag.service.smart.show import Launched, Show
from neomag.service.smart.token import Token, exchange
from neomag.service.store import StoreError

PATH = "/smart"
_LONGEST = 4_096


class _Smart:
    """What the routes share: the launches under way and what is known of the servers."""

    def __init__(self, settings: Settings, keep: Keep | None, show: Show) -> None:
        self.settings = settings
        self.keep = keep
        self.show = show
        self.directory = Directory(settings.smart_servers)
        self.launches = Launches()


def _query(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The parameters, each at most once, as OAuth has them. Raises Refusal (400)."""
    try:
        pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), errors="strict", max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        raise Refusal(400, "The address cannot be read.") from None
    found = dict(pairs)
    if len(found) != len(pairs) or any(len(value) > _LONGEST or not value.isprintable() for value in found.values()):
        raise Refusal(400, "The address cannot be read: a parameter stands twice, or is longer than any is.")
    return found


def _callback_of(request: Request[Any, Any, Any], settings: Settings) -> str:
    """Where the browser comes back to: by the settings, and else only on this machine. Raises Refusal (404)."""
    if settings.smart_client_id is None or not settings.smart_servers:
        raise Refusal(404, "SMART is not set up here.", "Whoever runs neomag sets smart_servers and smart_client_id.")
    if settings.public_url:
        return f"{settings.public_url}{PATH}/callback"
    host = request.headers.get("host", "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if not is_loopback(name):
        raise Refusal(404, "The address of this service is not set.", "Whoever runs neomag sets public_url.")
    return f"http://{host}{PATH}/callback"


def _cookie(state: str, redirect: str) -> tuple[str, bool]:
    """The name of the cookie of a launch, and whether it travels by https only. Each launch has its own: two tabs do not
    disturb each other."""
    secure = redirect.startswith("https:")
    name = f"neomag-smart-{''.join(sign for sign in state[:12] if sign.isalnum())}"
    return (f"__Secure-{name}" if secure else name), secure


def _begin(smart: _Smart, redirect: str, iss: str, launch: str | None) -> Response[bytes]:
    """Send the browser to the login."""
    configuration = smart.directory.of(iss)
    state, browser, begun = smart.launches.begin(iss, configuration, redirect)
    parameters = {
        "response_type": "code",
        "client_id": smart.settings.smart_client_id,
        "redirect_uri": redirect,
        "scope": asked(v2=configuration.v2, launched=launch is not None),
        "state": state,
        "aud": iss,
        "code_challenge": begun.challenge,
        "code_challenge_method": "S256",
    } | ({} if launch is None else {"launch": launch})
    sign = "&" if urlsplit(configuration.authorize).query else "?"
    name, secure = _cookie(state, redirect)
    cookie = Cookie(
        key=name, value=browser, path=urlsplit(redirect).path, max_age=LIFE, httponly=True, samesite="lax", secure=secure
    )
    address = f"{configuration.authorize}{sign}{urlencode(parameters)}"
    return Response(b"", status_code=302, headers={"Location": address, "Cache-Control": "no-store"}, cookies=[cookie])


@get("/launch", include_in_schema=False)
async def launch(request: Request[Any, Any, Any]) -> Response[bytes]:
    """An EHR launches: `iss` is its FHIR server, `launch` its own handle of the launch."""
    smart: _Smart = request.state.smart
    redirect, given = _callback_of(request, smart.settings), _query(request)
    if not given.get("iss") or not given.get("launch"):
        raise Refusal(400, "`iss` and `launch` are missing: this address is for an EHR to call.", "See /smart/start.")
    smart.directory.trusted(given["iss"])
    return await request.app.state.fetchers.run(_begin, smart, redirect, given["iss"], given["launch"])


@get("/start", include_in_schema=False)
async def start(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Launch without an EHR: the login asks for the patient. Where several servers are trusted, `iss` names one of them."""
    smart: _Smart = request.state.smart
    redirect, given = _callback_of(request, smart.settings), _query(request)
    servers = smart.settings.smart_servers
    if "iss" not in given and len(servers) > 1:
        return choice_page([(server, f"start?{urlencode({'iss': server})}") for server in servers])
    iss = smart.directory.trusted(given.get("iss") or next(iter(servers)))
    return await request.app.state.fetchers.run(_begin, smart, redirect, iss, None)


@get("/callback", include_in_schema=False)
async def callback(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Back from the login: exchange the code, read the infant, and show the answer. Nothing of it is kept for later."""
    smart: _Smart = request.state.smart
    redirect, given = _callback_of(request, smart.settings), _query(request)
    state = given.get("state", "")
    name, secure = _cookie(state, redirect)
    begun = smart.launches.take(state, request.cookies.get(name, ""))
    gone = Cookie(key=name, path=urlsplit(redirect).path, max_age=0, httponly=True, samesite="lax", secure=secure)
    try:
        code = _code(given, begun)
        response: Response[bytes] = await request.app.state.fetchers.run(_shown, request, smart, begun, code)
    except Refusal as refusal:
        response = refusal_page(refusal)
    response.cookies.append(gone)
    return response


def _code(given: dict[str, str], begun: Launch) -> str:
    """The code of a login that succeeded. Raises Refusal."""
    if "error" in given:
        raise Refusal(403, f"The login was refused{error_code(given['error'])}.")
    # RFC 9207: with several servers, an answer of one must not be taken for another's.
    if "iss" in given and given["iss"] not in {begun.configuration.issuer, begun.iss, begun.iss.removesuffix("/")}:
        raise Refusal(400, "The answer comes from another login than the one begun.")
    if not given.get("code"):
        raise Refusal(400, "The login gave no code.")
    return given["code"]


def _shown(request: Request[Any, Any, Any], smart: _Smart, begun: Launch, code: str) -> Response[bytes]:
    """The page of the infant of a login. The token lives as long as this call."""
    token = exchange(begun, code, smart.settings)
    try:
        bundle = _read(smart.settings, begun, token)
        reading = read_case(bundle, codes=smart.settings.site_codes, zone=smart.settings.zone or "UTC")
    except FhirServerError as error:
        raise Refusal(
            504 if error.kind == "timeout" else 502, f"The record of the infant could not be read: {error}."
        ) from None
    except FhirInputError as error:
        says = "; ".join(dict.fromkeys(issue.says for issue in error.issues[:5]))
        raise Refusal(
            422, f"The record of the infant cannot be answered: {says}.", "The record needs to be put right."
        ) from None
    answer = assess(reading.case)
    if smart.keep is not None:
        try:
            smart.keep(begun.iss, bundle, answer)
        except StoreError:
            raise Refusal(503, "The answer cannot be kept, so it is not shown.", "Ask whoever runs neomag.") from None
    missing = [Problem("not-granted", f"{kind} may not be read by this login") for kind in token.missing]
    launched = Launched(begun.iss, bundle["entry"][0]["resource"], reading, (*missing, *reading.problems))
    return smart.show(request, launched, answer)


def _plainly(request: Request[Any, Any, Any], launched: Launched, answer: Answer) -> Response[bytes]:
    """The plain page, where there is none of the clinicians'."""
    del request
    return answer_page(answer, launched.patient, launched.reading.now, launched.problems)


def _read(settings: Settings, begun: Launch, token: Token) -> dict[str, Any]:
    limits = Limits(total_s=settings.timeout * 0.7)
    with FhirClient(begun.iss, token.access, limits=limits) as client:
        return read_infant(client, token.patient, codes=settings.site_codes)


def _refused(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    del request
    return refusal_page(refusal)


def router(settings: Settings, keep: Keep | None = None, show: Show = _plainly) -> Router:
    """The routes under /smart, which ask for no key: the login of the EHR says who may read what.

    `keep` (`keep.keep_in(store)`) is given each answer before it is shown: what cannot be kept is not shown.
    `show` makes the page of the infant that was launched.
    """
    smart = _Smart(settings, keep, show)

    async def share(request: Request[Any, Any, Any]) -> None:
        request.state.smart = smart

    return Router(
        PATH,
        route_handlers=[launch, start, callback],
        before_request=share,
        opt={"exclude_from_auth": True},
        exception_handlers={Refusal: _refused},  # type: ignore[dict-item]
    )
