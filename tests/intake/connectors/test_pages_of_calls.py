"""Web pages of calls: several tables, titles, groups, repeated headings, pagers, and nobody calling."""

from collections.abc import Callable
from typing import Any

import pytest
from loopback.reading import Fetched, Reader, calls_source
from loopback.server import Reply, Request, serving

from blocklight.errors import SourceChanged
from blocklight.intake.forms.extent import NOT_ALL

pytestmark = pytest.mark.anyio

FIELDS: dict[str, Any] = {
    "received_at": {"from": "Time", "convert": "time_of_day"},
    "source_type": "Nature",
    "agency": {"default": "police"},
    "address": "Place",
}
HEADINGS = "<tr><th>Call</th><th>Time</th><th>Nature</th><th>Place</th></tr>"


def row(call: str) -> str:
    return f"<tr><td>{call}</td><td>10:12</td><td>ALARM</td><td>ELM ST</td></tr>"


def table(*calls: str, head: str = HEADINGS, named: str = "") -> str:
    return f"<table {named}>{head}{''.join(map(row, calls))}</table>"


async def read(page: str | Callable[[Request], Reply], **changes: Any) -> Fetched:  # noqa: ANN401 - any setting
    answer = page if callable(page) else lambda _: Reply(200, (page.encode(),))
    with serving(answer) as running:
        settings = {"key": ["Call"], "fields": FIELDS, **changes}
        async with Reader(calls_source(running.url + "/calls", "html", **settings)) as reader:
            return await reader.fetch()


async def calls(page: str, **changes: Any) -> list[str]:  # noqa: ANN401 - see above
    found = await read(page, **changes)
    assert found.error is None
    assert found.complete == [True]
    assert not found.batches[0].unreadable
    return [one["Call"] for one in found.rows]


ACTIVE, CLOSED = "<h2>Active calls</h2>" + table("1", "2"), "<h2>Calls closed today</h2>" + table("3", "4")


async def test_calls_in_a_table_of_those_that_are_over_are_not_open() -> None:
    for page in (ACTIVE + CLOSED, CLOSED + ACTIVE, table("1", "2") + table("3", named='id="gvCleared"')):
        assert await calls(page) == ["1", "2"]
    assert await calls(ACTIVE + CLOSED, closes="never") == ["1", "2", "3", "4"]
    assert await calls(CLOSED) == ["3", "4"]


async def test_a_table_is_chosen_by_its_title() -> None:
    page = table("1", head="<caption>Fire</caption>" + HEADINGS) + ACTIVE.replace("Active calls", "Police")
    assert await calls(page, table="^fire") == ["1"]
    assert await calls(page, table="police") == ["1", "2"]
    gone = (await read(page, table="ambulance")).error
    assert str(gone) == "no table with the title that the city file names"


async def test_a_table_for_each_district_is_read_with_its_title() -> None:
    page = (
        "<h3>North</h3>"
        + table("1")
        + "<h3>South</h3>"
        + table("2")
        + "<table><tr><td>Terms</td></tr></table>"
    )
    agency = {"from": "__group", "map": {"North": "north", "South": "south"}}
    found = await read(page, fields=FIELDS | {"agency": agency})
    assert [(one["__group"], one["Call"]) for one in found.rows] == [("North", "1"), ("South", "2")]


async def test_a_heading_of_a_group_a_total_and_headings_once_more_are_no_rows() -> None:
    group = '<tr><td colspan="4">Zone 1</td></tr>'
    total = '<tr><td>Total</td><td colspan="3">2</td></tr>'
    page = f"<table>{HEADINGS}{group}{row('1')}{HEADINGS}{group.replace('1', '2')}{row('2')}{total}</table>"
    assert await calls(page) == ["1", "2"]
    found = await read(
        page, fields=FIELDS | {"agency": {"from": "__group", "map": {"Zone 1": "a", "Zone 2": "b"}}}
    )
    assert [one["__group"] for one in found.rows] == ["Zone 1", "Zone 2"]


async def test_headings_may_stand_in_a_table_of_their_own() -> None:
    assert await calls(table() + table("1", "2", head="") + table("9", head="")) == ["1", "2"]


async def test_a_table_without_headings_is_known_by_its_width() -> None:
    names = ["Call", "Time", "Nature", "Place"]
    menu = "<table><tr><td>Home</td><td>Help</td></tr></table>"
    assert await calls(menu + table("1", "2", head=""), columns=names) == ["1", "2"]
    assert (
        str((await read(menu, columns=names)).error) == "no table with as many columns as the city file names"
    )


async def test_a_cell_that_holds_a_table_is_no_row_and_ends_none() -> None:
    inner = '<tr><td colspan="4"><table><tr><td>1</td><td>2</td></tr></table></td></tr>'
    assert await calls(f"<table>{inner}{HEADINGS}{row('1')}{inner}{row('2')}</table>") == ["1", "2"]


NOBODY = [
    "<h1>Active calls</h1><p>There are currently no active calls.</p>",
    "<p>Nothing to display</p>",
    f"<table>{HEADINGS}<tr><td colspan=4>No records found.</td></tr></table>",
    "<table><tr><td>0 emergency responses</td></tr></table>",
    f"<table>{HEADINGS}</table><p>Updated 10:12</p>",
]


@pytest.mark.parametrize("page", NOBODY)
async def test_a_page_that_says_that_nobody_calls_is_empty(page: str) -> None:
    assert await calls(f"<html>{page}</html>") == []


async def test_a_page_that_drops_its_table_without_a_word_is_known_by_what_else_it_says() -> None:
    bare = "<html><h1>Dispatch log</h1><p>Refreshed each minute</p></html>"
    assert (await read(bare)).error is not None
    assert await calls(bare, empty="^dispatch log refreshed") == []
    assert (await read("<html><h1>Sign in</h1></html>", empty="^dispatch log")).error is not None


POSTBACK = "javascript:__doPostBack('grid','Page$2')"


@pytest.mark.parametrize(
    "pager",
    [
        f'<a href="{POSTBACK}">2</a>',
        '<a href="?page=2">2</a> <a href="?page=3">3</a>',
        '<a href="/calls?p=2">Next</a>',
        '<a rel="next" href="/calls/2">older</a>',
        "Page 1 of 3",
        "Showing 1 to 2 of 57 entries",
        "Displaying items 1 - 2 of 1,057",
    ],
)
async def test_a_pager_whose_pages_cannot_be_had_fails(pager: str) -> None:
    found = await read(table("1", "2") + f"<p>{pager}</p>")
    assert isinstance(found.error, SourceChanged)
    assert str(found.error) in (NOT_ALL, "the next page is the same page again")
    assert found.batches == []


@pytest.mark.parametrize(
    "text",
    [
        "Showing 1 to 2 of 2 entries",
        "Page 1 of 1",
        '<a href="?day=2026-03-02">Next</a>',
        '<a href="#">2</a>',
        '<a href="/call?id=2">2</a>',
    ],
)
async def test_what_is_no_pager_does_no_harm(text: str) -> None:
    assert await calls(table("1", "2") + f"<p>{text}</p>") == ["1", "2"]


async def test_a_link_in_a_row_is_no_pager() -> None:
    linked = row("12").replace("12<", "<a href=\"javascript:__doPostBack('grid$ctl02','')\">12</a><")
    assert await calls(f"<table>{HEADINGS}{linked}</table>") == ["12"]


async def test_the_pages_behind_links_are_read() -> None:
    def answer(request: Request) -> Reply:
        page = int(request.params.get("page", 1))
        links = "".join(f' <a href="?page={n}">{n}</a>' for n in (1, 2, 3) if n != page)
        return Reply(200, ((table(f"{page}a", f"{page}b") + links).encode(),))

    found = await read(answer)
    assert found.error is None
    assert [one["Call"] for one in found.rows] == ["1a", "1b", "2a", "2b", "3a", "3b"]


async def test_the_pages_behind_a_form_are_read() -> None:
    def answer(request: Request) -> Reply:
        page = 1
        if request.method == "POST":
            assert (request.params["__VIEWSTATE"], request.params["__EVENTTARGET"]) == ("x1", "grid")
            page = int(request.params["__EVENTARGUMENT"].removeprefix("Page$"))
        state = f'<input type="hidden" name="__VIEWSTATE" value="x{page}">'
        links = "".join(
            f"<a href=\"javascript:__doPostBack('grid','Page${n}')\">{n}</a>" for n in (1, 2) if n != page
        )
        pager = f'<tr><td colspan="4"><table><tr><td>{links}</td></tr></table></td></tr>'
        head = pager + HEADINGS
        return Reply(200, (f"<form>{state}{table(f'{page}a', f'{page}b', head=head)}</form>".encode(),))

    found = await read(answer)
    assert found.error is None
    assert [one["Call"] for one in found.rows] == ["1a", "1b", "2a", "2b"]
    assert found.complete == [True]


CARD = """<div class="call card" data-id="7"><h3 class="nature">ALARM<br></h3><p>Place: 100 ELM ST</p>
<p><b>Priority:</b> 2</p><dl><dt>Time:</dt><dd>10:12</dd></dl><script>nature = 1</script></div>"""


async def test_a_call_in_a_box_of_its_own_is_read_by_its_labels() -> None:
    fields = FIELDS | {"source_type": "nature", "priority": {"from": "Priority", "convert": "int"}}
    page = f"<div class=list>{CARD}{CARD.replace('7', '8')}</div><p>Note: nothing</p>"
    found = await read(page, card="card", fields=fields, key=["@data-id"])
    assert found.error is None
    assert found.rows == [
        {"@data-id": number, "Time": "10:12", "nature": "ALARM", "Place": "100 ELM ST", "Priority": "2"}
        for number in ("7", "8")
    ]
    gone = (await read("<table><tr><td>x</td></tr></table>", card="card", fields=fields)).error
    assert str(gone) == "no element on the page has the class of `card`"
    nobody = await read("<p>No active calls</p>", card="card", fields=fields)
    assert (nobody.error, nobody.rows, nobody.complete) == (None, [], [True])


@pytest.mark.parametrize("heading", ["Call ▲", "<a href='?sort=1'>Call</a> ↕", "▼ Call"])
async def test_the_arrow_of_a_sorted_column_is_no_part_of_its_name(heading: str) -> None:
    assert await calls(table("1", "2", head=HEADINGS.replace("Call", heading))) == ["1", "2"]


@pytest.mark.parametrize(
    "page",
    [
        "<p>No data available: database error</p>",
        "<p>The list could not be loaded, no calls to show.</p>",
        "<p>No incidents, as the server is down for maintenance</p>",
    ],
)
async def test_a_page_that_speaks_of_a_failure_does_not_say_that_nobody_calls(page: str) -> None:
    assert str((await read(page)).error) == "the page has no table"


async def test_a_remark_elsewhere_on_the_page_is_no_failure() -> None:
    page = "<p>The map is unavailable.</p><p>There are no active calls. Report an error here.</p>"
    assert await calls(page) == []
