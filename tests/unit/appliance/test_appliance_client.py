from __future__ import annotations

import base64
import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
import requests
import responses
import urllib3.exceptions

from bt_autotask_sync.appliance.client import ApplianceClient, ApplianceSettings
from bt_autotask_sync.appliance.errors import (
    ApplianceOutage,
    ApplianceRefused,
    ErrorAnswer,
    ReportNotPermitted,
    UnreadableReport,
    UnusableAnswer,
)
from bt_autotask_sync.appliance.session import Survey, SurveyAnswer
from bt_autotask_sync.appliance.survey import SubmittedSurvey
from bt_autotask_sync.errors import CredentialsError, OutageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.appliance.conftest import RecordedClock

HOST = "support.example.com"
TOKEN_URL = f"https://{HOST}/oauth2/token"
REPORTING = f"https://{HOST}/api/reporting"
COMMAND = f"https://{HOST}/api/command"
SECRET = "geheim-ß+&#%"
LOGIN_DATE, ANSWER_DATE = "Tue, 03 Dec 2024 16:00:00 GMT", "Tue, 03 Dec 2024 16:00:05 GMT"
LOGIN_TIME, ANSWER_TIME = datetime(2024, 12, 3, 16, tzinfo=UTC), datetime(2024, 12, 3, 16, 0, 5, tzinfo=UTC)
SINCE = datetime(2024, 12, 3, 15, tzinfo=UTC)
ONE, TWO = "1" * 32, "2" * 32
EMPTY_LISTING = "<session_summary_list/>"
NOTHING = "<error>No Support report information matching your chosen criteria is available.</error>"


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client(clock: RecordedClock) -> Iterator[ApplianceClient]:
    with requests.Session() as http:
        yield ApplianceClient(ApplianceSettings(HOST, "the-id", SECRET), http, clock)


def grant(wire: responses.RequestsMock, token: str = "first", **fields: Any) -> responses.BaseResponse:
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, **fields}
    granted: responses.BaseResponse = wire.post(TOKEN_URL, json=answer, headers={"Date": LOGIN_DATE})
    return granted


def answer(wire: responses.RequestsMock, body: str | bytes, url: str = REPORTING, **options: Any) -> None:
    wire.post(url, body, **{"headers": {"Date": ANSWER_DATE}, "content_type": "text/xml; charset=UTF-8", **options})


def form(call: responses.Call) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(str(call.request.body), strict_parsing=True).items()}


def list_all(client: ApplianceClient) -> tuple[str, ...]:
    return client.list_ended(SINCE, None).lsids


def test_the_token_is_asked_for_once_and_tells_the_appliances_time(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    granted = grant(wire)
    answer(wire, EMPTY_LISTING)

    assert client.time() == LOGIN_TIME
    list_all(client)
    list_all(client)
    assert client.time() == LOGIN_TIME

    assert granted.call_count == 1
    assert client.requests_sent == 3
    login, first, _ = wire.calls
    assert form(login) == {"grant_type": "client_credentials"}
    basic = base64.b64decode(login.request.headers["Authorization"].removeprefix("Basic ")).decode()
    assert basic == f"the-id:{SECRET}"
    assert first.request.headers["Authorization"] == "Bearer first"
    assert first.request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert {call.request.headers["Connection"] for call in wire.calls} == {"close"}


def test_without_a_date_header_the_api_information_tells_the_time(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    wire.post(TOKEN_URL, json={"access_token": "first"})
    information = """<api_information xmlns="urn:any">
        <api_version>1.19.0</api_version><company_name>example</company_name>
        <timestamp>1733241600</timestamp><permissions><permission name="perm_command">full_access</permission>
        <permission name="perm_reporting_support">1</permission></permissions></api_information>"""
    answer(wire, information, COMMAND)

    assert client.time() == LOGIN_TIME
    info = client.api_info()
    assert form(wire.calls[-1]) == {"action": "get_api_info"}
    assert (info.version, info.company, info.timestamp) == ("1.19.0", "example", LOGIN_TIME)
    assert dict(info.permissions) == {"perm_command": "full_access", "perm_reporting_support": "1"}


@pytest.mark.parametrize("date", [None, "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 GMT", "soon"])
@pytest.mark.parametrize("information", ["<api_information/>", "<error>no</error>", "<html>"])
def test_T3_an_appliance_that_gives_no_usable_time_still_answers(
    wire: responses.RequestsMock, client: ApplianceClient, date: str | None, information: str
) -> None:
    wire.post(TOKEN_URL, json={"access_token": "first"}, headers={} if date is None else {"Date": date})
    answer(wire, information, COMMAND)
    answer(wire, EMPTY_LISTING, headers={} if date is None else {"Date": date})

    assert client.time() is None
    assert client.list_started(SINCE).answered_at is None


def test_a_netrc_entry_never_replaces_the_token(
    wire: responses.RequestsMock, client: ApplianceClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {HOST} login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    grant(wire)
    answer(wire, EMPTY_LISTING)

    list_all(client)

    assert [call.request.headers["Authorization"].split()[0] for call in wire.calls] == ["Basic", "Bearer"]


def test_a_token_is_renewed_shortly_before_it_expires(
    wire: responses.RequestsMock, client: ApplianceClient, clock: RecordedClock
) -> None:
    grant(wire, "first")
    grant(wire, "second")
    answer(wire, EMPTY_LISTING)

    list_all(client)
    clock.seconds += 3299
    list_all(client)
    assert wire.calls[-1].request.headers["Authorization"] == "Bearer first"
    clock.seconds += 2
    list_all(client)
    assert wire.calls[-1].request.headers["Authorization"] == "Bearer second"


def test_a_call_refused_once_is_repeated_with_a_fresh_token(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    grant(wire, "first")
    grant(wire, "second")
    answer(wire, "", status=401)
    answer(wire, EMPTY_LISTING)

    assert list_all(client) == ()
    assert wire.calls[-1].request.headers["Authorization"] == "Bearer second"


def test_a_call_refused_twice_is_a_matter_of_credentials(
    wire: responses.RequestsMock, client: ApplianceClient, clock: RecordedClock
) -> None:
    granted = grant(wire)
    answer(wire, "", status=401)

    with pytest.raises(ApplianceRefused) as raised:
        list_all(client)
    assert isinstance(raised.value, CredentialsError)
    assert HOST in raised.value.message
    assert (granted.call_count, clock.slept) == (2, [])


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 429, 500, 503])
def test_A1_a_refused_client_is_named_without_its_secret(
    wire: responses.RequestsMock, client: ApplianceClient, status: int
) -> None:
    wire.post(TOKEN_URL, json={"error": "invalid_client", "message": f"the-id:{SECRET}"}, status=status)

    with pytest.raises(ApplianceRefused) as raised:
        client.time()
    assert f"HTTP {status} invalid_client" in raised.value.message
    assert HOST in raised.value.message
    assert SECRET not in repr(raised.value) + raised.value.advice
    assert client.requests_sent == 1


@pytest.mark.parametrize("error", ["unauthorized_client", "invalid_grant", "temporarily_unavailable"])
def test_A1_another_oauth_error_with_status_200_is_named_and_no_refusal_of_the_client(
    wire: responses.RequestsMock, client: ApplianceClient, error: str
) -> None:
    wire.post(TOKEN_URL, json={"error": error, "message": f"the-id:{SECRET}"})

    with pytest.raises(UnusableAnswer, match=error) as raised:
        client.time()
    assert SECRET not in repr(raised.value) + raised.value.advice
    assert "API account" in raised.value.advice


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, '{"error": "invalid_client"}'),
        (403, "<html>Blocked</html>"),
        (400, '{"error": "invalid_request"}'),
        (400, '{"error": ["invalid_client"]}'),
        (400, '["invalid_client"]'),
        (400, "<html>invalid_client</html>"),
        (400, ""),
    ],
)
def test_A1_a_token_call_that_says_nothing_of_the_client_is_no_refusal_of_it(
    wire: responses.RequestsMock, client: ApplianceClient, status: int, body: str
) -> None:
    wire.post(TOKEN_URL, body, status=status)

    with pytest.raises(UnusableAnswer) as raised:
        client.time()
    assert f"HTTP {status}" in raised.value.message
    assert client.requests_sent == 1


def test_secrets_do_not_show_in_a_repr() -> None:
    assert SECRET not in repr(ApplianceSettings(HOST, "the-id", SECRET))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"error": "invalid_client"}', ApplianceRefused),
        ("<html>Sign in</html>", UnusableAnswer),
        ("[]", UnusableAnswer),
        ("[" * 100_000, UnusableAnswer),
        ('{"access_token": 5}', UnusableAnswer),
        ('{"access_token": "a\\r\\nX: y"}', UnusableAnswer),
        ('{"access_token": "a", "x": "' + "x" * 70_000 + '"}', UnusableAnswer),
    ],
)
def test_a_token_answer_without_a_token_is_refused(
    wire: responses.RequestsMock, client: ApplianceClient, body: str, expected: type[Exception]
) -> None:
    wire.post(TOKEN_URL, body)

    with pytest.raises(expected):
        client.time()


def test_a_listing_asks_for_the_window_in_seconds_and_keeps_the_answers_time(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    grant(wire)
    rows = "".join(f'<session_summary lsid="{lsid}"/>' for lsid in (TWO, ONE, TWO, "A" * 32))
    answer(wire, f"<session_summary_list>{rows}</session_summary_list>")

    listing = client.list_ended(SINCE, datetime(2024, 12, 3, 15, 30, 0, 1, tzinfo=UTC))

    assert listing.lsids == (TWO, ONE, "a" * 32)
    assert listing.answered_at == ANSWER_TIME
    assert form(wire.calls[-1]) == {
        "generate_report": "SupportSessionListing",
        "end_time": "1733238000",
        "duration": "1801",
    }
    assert "Accept-Language" not in wire.calls[-1].request.headers


def test_a_listing_to_now_and_an_empty_window_are_told_apart(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    grant(wire)
    answer(wire, NOTHING)

    client.list_ended(SINCE, None)
    assert form(wire.calls[-1])["duration"] == "0"
    client.list_ended(SINCE, SINCE)
    assert form(wire.calls[-1])["duration"] == "1"
    client.list_started(SINCE)
    assert form(wire.calls[-1])["start_time"] == "1733238000"


@pytest.mark.parametrize(("status", "body"), [(403, ""), (404, "<html>"), (200, "<error>Document Not Found</error>")])
def test_where_the_listing_is_not_permitted_the_session_report_serves(
    wire: responses.RequestsMock, client: ApplianceClient, status: int, body: str
) -> None:
    grant(wire)
    answer(wire, body, status=status)
    answer(wire, f'<session_list><session lsid="{ONE}"><lseq>1</lseq></session></session_list>')

    assert list_all(client) == (ONE,)
    assert form(wire.calls[-1]) == {"generate_report": "SupportSession", "end_time": "1733238000", "duration": "0"}


@pytest.mark.parametrize("body", ["<error>Login failed</error>", "<html>", "<session_summary_list><session_summary"])
def test_no_other_failure_of_the_listing_is_replaced(
    wire: responses.RequestsMock, client: ApplianceClient, body: str
) -> None:
    grant(wire)
    answer(wire, body)

    with pytest.raises((UnusableAnswer, UnreadableReport)):
        list_all(client)
    assert {form(call).get("generate_report") for call in list(wire.calls)[1:]} == {"SupportSessionListing"}


def test_neither_report_permitted_names_the_missing_permission(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    grant(wire)
    answer(wire, "", status=403)

    with pytest.raises(ReportNotPermitted) as raised:
        list_all(client)
    assert "SupportSession report" in raised.value.message
    assert "Allow Access to Support Session Reports" in raised.value.advice


def test_sessions_are_asked_for_together_and_what_was_not_asked_is_left_out(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    grant(wire)
    rows = "".join(f'<session lsid="{lsid}"/>' for lsid in (TWO, "9" * 32, "a" * 32, TWO))
    answer(wire, f"<session_list>{rows}</session_list>")

    sessions = client.sessions([ONE, TWO, "A" * 32, "not an lsid", ONE])

    assert [session.lsid for session in sessions] == [TWO, "a" * 32]
    assert form(wire.calls[-1]) == {"generate_report": "SupportSession", "lsids": f"{ONE},{TWO},{'a' * 32}"}
    assert wire.calls[-1].request.headers["Accept-Language"] == "en-us"


def test_nothing_is_asked_where_no_lsid_is_one(client: ApplianceClient) -> None:
    assert client.sessions([]) == client.sessions(["..", "%"]) == []
    assert client.requests_sent == 0


@pytest.mark.parametrize("body", ["<error>Invalid lsid.</error>", NOTHING, "<session_list/>"])
def test_unknown_sessions_are_missing(wire: responses.RequestsMock, client: ApplianceClient, body: str) -> None:
    grant(wire)
    answer(wire, body)

    assert client.sessions([ONE]) == []


@pytest.mark.parametrize("report", ["SupportCustExitSurvey", "SupportRepExitSurvey"])
def test_surveys_are_asked_for_over_the_window(
    wire: responses.RequestsMock, client: ApplianceClient, report: str
) -> None:
    grant(wire)
    answer(
        wire,
        f"""<exit_survey_list><exit_survey lsid="{ONE}"><submitted_by type="cust" gsnumber="2">Jane</submitted_by>
        <question_list><question><name>rating</name><answer_list><answer>5</answer></answer_list></question>
        </question_list></exit_survey></exit_survey_list>""",
    )
    ask = client.customer_surveys if report == "SupportCustExitSurvey" else client.representative_surveys

    assert ask(SINCE) == (SubmittedSurvey(ONE, Survey("2", (SurveyAnswer("rating", "5"),), "Jane")),)
    assert form(wire.calls[-1]) == {
        "generate_report": report,
        "end_time": "1733238000",
        "duration": "0",
        "report_type": "rep",
        "id": "all",
    }


def test_an_error_in_another_language_is_asked_for_again_in_english(
    wire: responses.RequestsMock, clock: RecordedClock
) -> None:
    grant(wire)
    answer(wire, "<error>Es sind keine Informationen verfügbar.</error>")
    answer(wire, NOTHING)
    with requests.Session() as http:
        client = ApplianceClient(ApplianceSettings(HOST, "the-id", SECRET, locale="de-de"), http, clock)

        assert client.customer_surveys(SINCE) == ()

    assert [call.request.headers.get("Accept-Language") for call in wire.calls] == [None, "de-de", "en-us"]


def test_an_unknown_error_in_english_is_asked_about_once_and_not_asked_for_in_another_language(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    grant(wire)
    answer(wire, "<error>Out of cheese</error>")

    for _ in range(2):
        with pytest.raises(ErrorAnswer, match="Out of cheese"):
            client.sessions([ONE])
    forms = [form(call) for call in list(wire.calls)[1:]]
    asked = {"generate_report": "SupportSession"}
    assert forms == [
        {**asked, "lsids": ONE},
        {**asked, "end_time": "1000000000", "duration": "1"},
        asked,
        {**asked, "lsids": ONE},
    ]
    assert {call.request.headers.get("Accept-Language") for call in list(wire.calls)[1:]} == {"en-us"}


FRENCH = "Aucune information de rapport Support correspondant à vos critères n'est disponible."
LONG_AGO = {"end_time": "1000000000", "duration": "1"}


def say(words: str) -> str:
    return EMPTY_LISTING if not words else f"<error>{words}</error>"


def grant_reports(wire: responses.RequestsMock, value: str = "1") -> None:
    permission = f'<permission name="perm_reporting_support">{value}</permission>'
    info = f"<api_information><permissions>{permission}</permissions></api_information>"
    answer(wire, info, f"https://{HOST}/api/command")


def test_D8_unknown_words_that_2001_has_too_and_a_mistake_has_not_are_nothing_found(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    grant(wire)
    for words in (FRENCH, FRENCH, "Paramètres invalides", FRENCH):
        answer(wire, say(words))
    grant_reports(wire)

    assert list_all(client) == ()
    assert list_all(client) == (), "it is proved once"
    asked = {"generate_report": "SupportSessionListing"}
    reports = [form(call) for call in wire.calls if call.request.url == REPORTING]
    assert reports[1:3] == [{**asked, **LONG_AGO}, asked]
    assert len(reports) == 5


@pytest.mark.parametrize(
    ("long_ago", "mistake", "granted"),
    [
        (FRENCH, "Paramètres invalides", "0"),
        (FRENCH, FRENCH, "1"),
        ("Autre chose", "Paramètres invalides", "1"),
        ("", "Paramètres invalides", "1"),
    ],
    ids=["no permission", "a mistake says the same", "2001 says another thing", "2001 is empty in another shape"],
)
def test_D8_unknown_words_are_not_nothing_found_otherwise(
    wire: responses.RequestsMock, client: ApplianceClient, long_ago: str, mistake: str, granted: str
) -> None:
    wire.assert_all_requests_are_fired = False
    grant(wire)
    for words in (FRENCH, long_ago, mistake):
        answer(wire, say(words))
    grant_reports(wire, granted)

    with pytest.raises(ErrorAnswer, match="Aucune information"):
        list_all(client)


def test_D8_words_that_mean_nothing_found_take_no_rows_away_that_came_before_them(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    grant(wire)
    row = f'<session_summary lsid="{ONE}"/>'
    mixed = f"<session_summary_list>{row}<error>{FRENCH}</error></session_summary_list>"
    for body in (say(FRENCH), say(FRENCH), say("Paramètres invalides"), say(FRENCH), mixed):
        answer(wire, body)
    grant_reports(wire)

    assert list_all(client) == ()
    with pytest.raises(ErrorAnswer):
        list_all(client)


def test_too_many_requests_are_waited_out_as_the_appliance_asks(
    wire: responses.RequestsMock, client: ApplianceClient, clock: RecordedClock
) -> None:
    grant(wire)
    answer(wire, "", status=429, headers={"Retry-After": "7"})
    answer(wire, "", status=429, headers={"Date": ANSWER_DATE, "Retry-After": "Tue, 03 Dec 2024 16:00:08 GMT"})
    answer(wire, "", status=429, headers={"Retry-After": "3600"})
    answer(wire, EMPTY_LISTING)

    assert list_all(client) == ()
    assert clock.slept == [7.0, 3.0, 30.0]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_outage_is_tried_four_times_with_growing_pauses(
    wire: responses.RequestsMock, client: ApplianceClient, clock: RecordedClock, status: int
) -> None:
    grant(wire)
    answer(wire, "<html>Bad Gateway</html>", status=status)

    with pytest.raises(ApplianceOutage) as raised:
        list_all(client)
    assert isinstance(raised.value, OutageError)
    assert HOST in raised.value.message
    assert str(status) in raised.value.message
    assert client.requests_sent == 5
    assert [round(seconds) for seconds in clock.slept[1:]] == [1, 2]


def test_an_outage_of_the_token_endpoint_is_tried_four_times(
    wire: responses.RequestsMock, client: ApplianceClient
) -> None:
    wire.post(TOKEN_URL, "", status=503)

    with pytest.raises(ApplianceOutage):
        list_all(client)
    assert client.requests_sent == 4


@pytest.mark.parametrize("url", [TOKEN_URL, REPORTING])
def test_a_redirect_is_never_followed(wire: responses.RequestsMock, client: ApplianceClient, url: str) -> None:
    if url == REPORTING:
        grant(wire)
    wire.post(url, status=302, headers={"Location": "https://elsewhere.example.com/"})

    with pytest.raises(UnusableAnswer, match="redirect"):
        list_all(client)
    assert not any("elsewhere" in str(call.request.url) for call in wire.calls)


@pytest.mark.parametrize("status", [201, 204, 206, 400, 418])
def test_an_unexpected_status_is_an_unusable_answer(
    wire: responses.RequestsMock, client: ApplianceClient, status: int
) -> None:
    grant(wire)
    answer(wire, EMPTY_LISTING, status=status)

    with pytest.raises(UnusableAnswer, match=f"HTTP {status}"):
        list_all(client)


@pytest.mark.parametrize("body", ["<html><title>Sign in</title>", "<!DOCTYPE a><session_list/>", "<wrong/>", "{}", ""])
def test_another_document_is_not_asked_for_again(
    wire: responses.RequestsMock, client: ApplianceClient, clock: RecordedClock, body: str
) -> None:
    grant(wire)
    answer(wire, body)

    with pytest.raises(UnusableAnswer, match=HOST):
        client.sessions([ONE])
    assert (client.requests_sent, clock.slept) == (2, [])


def test_a_report_cut_inside_its_xml_is_unreadable_and_not_asked_for_again(
    wire: responses.RequestsMock, client: ApplianceClient, clock: RecordedClock
) -> None:
    grant(wire)
    answer(wire, f'<session_list><session lsid="{ONE}"/><session lsid=')

    with pytest.raises(UnreadableReport, match=HOST):
        client.sessions([ONE])
    assert clock.slept == []


def test_a_compressed_answer_is_read(wire: responses.RequestsMock, client: ApplianceClient) -> None:
    grant(wire)
    body = gzip.compress(f'<session_summary_list><session_summary lsid="{ONE}"/></session_summary_list>'.encode())
    answer(wire, body, headers={"Content-Encoding": "gzip"})

    assert list_all(client) == (ONE,)


def test_a_compression_bomb_is_given_up(wire: responses.RequestsMock, client: ApplianceClient) -> None:
    grant(wire)
    row = f'<session_summary lsid="{ONE}"/>'.encode()
    body = gzip.compress(b"<session_summary_list>" + (b" " * 4_000_000 + row) * 5 + b"</session_summary_list>")
    answer(wire, body, headers={"Content-Encoding": "gzip"})

    with pytest.raises(UnusableAnswer, match="absurdly large"):
        list_all(client)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (requests.exceptions.ConnectTimeout("x"), "took too long"),
        (requests.exceptions.ConnectionError("x"), "connection broke"),
        (requests.exceptions.ChunkedEncodingError("x"), "connection broke"),
        (urllib3.exceptions.ProtocolError("x"), "connection broke"),
    ],
)
def test_a_failed_sending_is_repeated_and_then_an_outage(
    wire: responses.RequestsMock, client: ApplianceClient, failure: Exception, words: str
) -> None:
    wire.post(TOKEN_URL, body=failure)

    with pytest.raises(ApplianceOutage, match=words):
        client.time()
    assert client.requests_sent == 4


def test_an_unverifiable_certificate_is_not_tried_again(wire: responses.RequestsMock, client: ApplianceClient) -> None:
    wire.post(TOKEN_URL, body=requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"))

    with pytest.raises(ApplianceOutage, match="certificate"):
        client.time()
    assert client.requests_sent == 1


@pytest.mark.parametrize("host", ["a..b", "", "x" * 70 + ".example.com", "host:port"])
def test_what_is_no_host_name_is_an_outage_that_says_so(clock: RecordedClock, host: str) -> None:
    with requests.Session() as http:
        client = ApplianceClient(ApplianceSettings(host, "id", "secret"), http, clock)

        with pytest.raises(ApplianceOutage, match="no host name"):
            client.time()
