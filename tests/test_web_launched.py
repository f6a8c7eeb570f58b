"""The clinician's page after a SMART launch: the launched infant is in it, and it works where callers need a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from tests.fake_ehr import Ehr, ehr
from tests.fhir_server import FhirServer, needs_node, running
from tests.service import problem
from tests.test_smart_launch import BORN, SECRET_NAME, get, launch, login, record, settings
from tests.test_web_clinician import changed, post
from tests.web_form import Page

from neomag import web
from neomag.service.store import Store
from neomag.service.whole import make_service

pytestmark = needs_node


@pytest.fixture(scope="module")
def fhir() -> Iterator[FhirServer]:
    with running(token="behind") as server:
        server.load(record())
        yield server


@pytest.fixture
def hospital(fhir: FhirServer) -> Iterator[Ehr]:
    with ehr(fhir) as found:
        found.launches["visit-1"] = "infant"
        yield found


@pytest.mark.parametrize("auth", ["auto", "required"])
def test_the_launched_infant_is_in_the_form_and_the_form_goes_on(hospital: Ehr, tmp_path: Path, auth: str) -> None:
    with Store.open(f"sqlite:///{tmp_path / 's.db'}") as store:
        app = make_service(settings(hospital, auth=auth), store, routers=[web.router()], show=web.launched)
        with TestClient(app, base_url="http://127.0.0.1") as client:
            answer = get(client, login(client, launch(hospital)), headers={"accept-language": "es"})
            assert answer.status_code == 200, answer.text
            page = Page(answer.text)
            assert '<html lang="es-419"' in answer.text
            # Who it is, as text and no markup.
            assert SECRET_NAME in page.text
            assert BORN in page.text
            assert "<script>alert" not in answer.text
            assert {"urgency", "level", "do"} <= page.ids()
            assert "0.31 mmol/L" in page.text or "0,31 mmol/L" in page.text
            # No name of the infant in what is posted on.
            assert not any(SECRET_NAME in value or "Trillian" in value for _, value in page.fields)
            again = post(client, "/es/clinician", changed(page.fields, weight="4"), sec_fetch_site="same-origin")
            assert again.status_code == 200
            assert ("weight", "4") in Page(again.text).fields
            # What was kept is the record and its answer, as before.
            assert [entry.actor for entry in store.entries() if entry.action == "assessment.save"] == [f"smart:{hospital.base}"]
            assert ("set-cookie" in answer.headers and "neomag-key=nms_" in str(answer.headers.get_list("set-cookie"))) is (
                auth == "required"
            )
            if auth == "required":
                # The session opens the pages and no other route; signing out ends it.
                secret = client.cookies.get("neomag-key", path="/es") or ""
                bearer = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
                problem(client.post("/v1/assess", content=b'{"now": "3 d"}', headers=bearer), 401, "not-authenticated")
                client.post("/es/sign-out", headers={"sec-fetch-site": "same-origin"}, follow_redirects=False)
                cookie = {"cookie": f"neomag-key={secret}"}
                assert client.get("/es/clinician", headers=cookie, follow_redirects=False).status_code == 303


def test_what_cannot_be_read_is_refused_as_before(hospital: Ehr, tmp_path: Path) -> None:
    hospital.token_answer = lambda said: said | {"patient": None}
    with Store.open(f"sqlite:///{tmp_path / 's.db'}") as store:
        app = make_service(settings(hospital), store, routers=[web.router()], show=web.launched)
        with TestClient(app, base_url="http://127.0.0.1") as client:
            answer = get(client, login(client, launch(hospital)))
            assert answer.status_code == 422
            assert "named no patient" in answer.text
            assert "clinician-form" not in answer.text
