"""What is particular to JSON documents, Atom and RSS, web pages and CKAN."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from loopback import server
from loopback.documents import Portal
from loopback.feeds import feed, numbers
from loopback.reading import Fetched, Reader
from loopback.server import Loopback, Reply, Request, serving

from blocklight.config.city import SourceSpec
from blocklight.errors import SourceChanged, SourceUnavailable

pytestmark = pytest.mark.anyio

FIELDS: dict[str, Any] = {
    "received_at": {"from": "received", "convert": "iso"},
    "source_type": "type",
    "agency": {"default": "fire"},
    "point": {"from": "point", "convert": "lat_lon"},
}
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:georss="http://www.georss.org/georss"><title>Dispatch</title>
<entry><id>tag:example.org/7</id><category term="NOISE" label="x"/>
<published>2026-03-01T12:00:00-08:00</published>
<summary>NOISE at 100 BLOCK OF A ST [Example Police #7]</summary>
<georss:point>45.5 -122.6</georss:point></entry>
<entry><id>tag:example.org/8</id><category term="FIRE"/><published>2026-03-01T12:01:00-08:00</published>
<summary>FIRE at B ST &amp; C ST [Example Fire #8]</summary>
<georss:point>45.6 -122.7</georss:point></entry>
</feed>"""
RSS = """<rss version="2.0" xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"><channel><title>Dispatch</title>
<item><guid>7</guid><title>NOISE</title><pubDate>Sun, 01 Mar 2026 20:00:00 GMT</pubDate>
<geo:lat>45.5</geo:lat><geo:long>-122.6</geo:long></item></channel></rss>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><feed><entry><id>&c;</id></entry></feed>"""
THIEF = '<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed><entry><id>&x;</id></entry></feed>'
PAGE = """<HTML><BODY><TABLE><TR><TD><IMG SRC=logo.gif></TD></TR>
<TR><TD><FONT>12:22:18 PM&nbsp;NF7   </FONT></TD></TR><TR><TD>North on <A HREF="https://example.org/radio">C-3</A></TD></TR>
<TR><TD>Medical aid</TD></TR><TR><TD>A ST #1</TD></TR><TR><TD></TD></TR><TR><TD HEIGHT=4></TD></TR>
<TR><TD>12:05:14 AM&nbsp;SF8</TD></TR><TR><TD>South on C-2</TD></TR><TR><TD>Fire alarm</TD></TR>
<TR><TD><a href="https://maps.example/?q=37.4988,-122.2508">1240 B ST</a></TD></TR>
<TR><TD>>E13</TD></TR><TR><TD></TD></TR>
</TABLE><table><tr><td>Terms of use</td></tr></table></BODY></HTML>"""


def source(url: str, connector: str, **changes: Any) -> SourceSpec:  # noqa: ANN401 - any setting
    plain = {"id": "calls", "label": "Calls", "connector": connector, "url": url, "closes": "vanish"}
    return SourceSpec.model_validate({**plain, "key": ["id"], "fields": FIELDS, "timeout_s": 30} | changes)


@contextmanager
def answering(*bodies: str | bytes) -> Iterator[Loopback]:
    left = [body.encode() if isinstance(body, str) else body for body in bodies]

    def answer(_: Request) -> Reply:
        return Reply(200, (left.pop(0) if len(left) > 1 else left[0],))

    with serving(answer) as running:
        yield running


HEADED = "<table><tr><th>type</th><th>id</th><th>received</th><th>point</th></tr>"


async def fetched(connector: str, *bodies: str | bytes, **changes: Any) -> Fetched:  # noqa: ANN401 - see above
    with answering(*bodies) as running:
        async with Reader(source(running.url + "/feed", connector, **changes)) as reader:
            return await reader.fetch()


def rows(one: Fetched) -> list[Mapping[str, Any]]:
    assert one.error is None
    return one.rows


async def test_an_atom_entry_gives_its_elements_and_their_attributes() -> None:
    fields = FIELDS | {
        "received_at": {"from": "published", "convert": "iso"},
        "source_type": "category@term",
        "agency": {"from": "who", "map": {"Example Police": "police", "Example Fire": "fire"}},
        "address": "where",
    }
    patterns = {"summary": r" at (?P<where>.+) \[(?P<who>.+) #"}
    found = rows(await fetched("feed", ATOM, fields=fields, patterns=patterns))
    assert found[0] == {
        "id": "tag:example.org/7",
        "published": "2026-03-01T12:00:00-08:00",
        "category@term": "NOISE",
        "point": "45.5 -122.6",
        "where": "100 BLOCK OF A ST",
        "who": "Example Police",
    }
    assert found[1]["where"] == "B ST & C ST"


async def test_an_rss_item_gives_its_elements() -> None:
    fields = FIELDS | {
        "received_at": {"from": "pubDate", "convert": "iso"},
        "source_type": "title",
        "point": {"from": ["lat", "long"], "join": " ", "convert": "lat_lon"},
    }
    found = rows(await fetched("feed", RSS, fields=fields, key=["guid"]))
    assert found[0]["lat"] == "45.5"
    assert found[0]["guid"] == "7"


@pytest.mark.parametrize("document", [BOMB, THIEF])
async def test_an_xml_document_with_a_type_is_refused_unread(document: str) -> None:
    error = (await fetched("feed", document)).error
    assert isinstance(error, SourceChanged)
    assert str(error) == "XML with a document type declaration (DTD) is refused"


@pytest.mark.parametrize(
    "document", ["<feed><entry>", "<feed>&nbsp;</feed>", '<?xml version="1.0" encoding="x"?><feed/>']
)
async def test_broken_xml_is_a_server_that_is_unwell(document: str) -> None:
    assert isinstance((await fetched("feed", document)).error, SourceUnavailable)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16", "utf-8"])
async def test_a_feed_is_read_in_the_encoding_that_it_declares(encoding: str) -> None:
    document = ATOM.replace("UTF-8", encoding).replace("NOISE", "MÜLL").encode(encoding)
    changes = {"received_at": {"from": "published", "convert": "iso"}, "source_type": "category@term"}
    assert rows(await fetched("feed", document, fields=FIELDS | changes))[0]["category@term"] == "MÜLL"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
async def test_a_bomb_is_refused_in_any_encoding(encoding: str) -> None:
    bomb = BOMB.replace('<?xml version="1.0"?>', "").encode(encoding)
    assert str((await fetched("feed", bomb)).error) == "XML with a document type declaration (DTD) is refused"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('[{"type": "MÜLL"}]'.encode("latin-1"), "the JSON is not in UTF-8"),
        ('[{"type": "MÜLL"}]'.encode("utf-16"), "the JSON is not in UTF-8"),
        ('[{"type": "MÜ'.encode()[:-1], "invalid JSON"),
        (b"[" * 200_000, "invalid JSON"),
        (b"[{", "invalid JSON"),
        (b" ", "empty response body"),
    ],
)
async def test_an_answer_that_is_no_json_is_said_to_be_what_it_is(body: bytes, said: str) -> None:
    error = (await fetched("json", body)).error
    assert isinstance(error, SourceUnavailable)
    assert str(error) == said


async def test_a_deep_document_does_no_harm() -> None:
    deep = "<feed><entry>" + "<a>" * 100_000 + "</a>" * 100_000 + "</entry></feed>"
    found = await fetched("feed", deep)
    assert (found.error, found.rows) == (None, [{}])


async def test_a_page_without_headings_is_read_by_where_its_records_begin() -> None:
    fields = FIELDS | {
        "received_at": {"from": "time", "convert": "time_of_day", "format": "%I:%M:%S %p"},
        "point": {"from": ["lat", "lon"], "join": " ", "convert": "lat_lon"},
        "units": {"from": "units", "convert": "units"},
        "address": "place",
    }
    found = rows(
        await fetched(
            "html",
            PAGE,
            fields=fields,
            columns=["head", "station", "type", "place", "units"],
            begins=r"^\d+:\d\d:\d\d [AP]M",
            patterns={
                "head": r"^(?P<time>\S+ [AP]M) (?P<id>\w+)$",
                "place@href": r"q=(?P<lat>-?[\d.]+),(?P<lon>-?[\d.]+)",
            },
        )
    )
    assert found == [
        {"id": "NF7", "time": "12:22:18 PM", "type": "Medical aid", "place": "A ST #1", "units": ""},
        {"id": "SF8", "time": "12:05:14 AM", "type": "Fire alarm", "place": "1240 B ST", "units": ">E13"}
        | {"lat": "37.4988", "lon": "-122.2508"},
    ]


async def test_a_page_with_headings_is_read_by_them_wherever_its_table_stands() -> None:
    page = (
        "<table><tr><td>Menu</td><td>Home</td></tr></table><table><tr><th>type</th><th>id</th><th>received</th>"
        "<th>point</th></tr><tr><td>FIRE<br>SMALL<script>var x</script></td><td>1<td>now<td>45 -122</tr>"
        "<tr><td>only one cell</td></tr></table>"
    )
    found = await fetched("html", page)
    assert rows(found) == [{"id": "1", "type": "FIRE SMALL", "received": "now", "point": "45 -122"}]
    assert [row.reason for row in found.batches[0].unreadable] == ["ragged_row"]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "utf-8"),
        ("", "latin-1"),
        ("", "utf-16"),
        ('<meta charset="ISO-8859-1">', "cp1252"),
        ("<meta http-equiv='content-type' content='text/html; charset=iso-8859-2'>", "iso-8859-2"),
    ],
)
async def test_a_page_is_read_in_the_encoding_that_it_is_in(head: str, encoding: str) -> None:
    page = head + HEADED + "<tr><td>MÜLL</td><td>é1</td><td>now</td><td>45 -122</td></tr></table>"
    [row] = rows(await fetched("html", page.encode(encoding)))
    assert (row["type"], row["id"]) == ("MÜLL", "é1")


async def test_a_row_in_which_a_letter_is_lost_is_rejected_alone() -> None:
    page = (
        f'<meta charset="utf-8">{HEADED}<tr><td>FIRE</td><td>1</td><td>now</td><td>45 -122</td></tr>'.encode()
    )
    found = await fetched("html", page + b"<tr><td>M\xdcLL</td><td>2</td><td>now</td><td>45 -122</td></tr>")
    assert [row["id"] for row in rows(found)] == ["1"]
    assert [row.reason for row in found.batches[0].unreadable] == ["bad_encoding"]


@pytest.mark.parametrize("encoding", ["x-unheard-of", "hex", "idna"])
async def test_a_page_in_an_encoding_that_nobody_knows_is_said_to_be_so(encoding: str) -> None:
    page = f'<meta charset="{encoding}">{HEADED}<tr><td>MÜLL</td></tr></table>'.encode("latin-1")
    assert str((await fetched("html", page)).error) == "a page in an encoding that is not known here"


async def test_cells_that_reach_over_rows_count_in_each_of_them_and_end_with_their_table() -> None:
    page = (
        "<table><tr><td rowspan=9>Menu<td>Home</table><table><tr><th>type</th><th>id</th><th>received</th>"
        "<th>point</th></tr><tr><td rowspan=2>FIRE</td><td rowspan='2'>1</td><td>then<td rowspan=0>45 -122"
        "</tr><tr><td>now</td></tr><tr><td colspan=2>MEDICAL</td><td>now</td></tr></table>"
    )
    found = rows(await fetched("html", page))
    assert [(row["type"], row["id"], row["received"], row["point"]) for row in found] == [
        ("FIRE", "1", "then", "45 -122"),
        ("FIRE", "1", "now", "45 -122"),
        ("MEDICAL", "", "now", "45 -122"),
    ]


async def test_cells_that_reach_over_all_too_much_are_refused() -> None:
    wide = '<tr><td colspan="1000" rowspan="65534">x</td></tr>'
    page = HEADED + wide + "<tr></tr>" * 2500 + "</table>"
    assert str((await fetched("html", page)).error) == "too many cells on the page"


async def test_a_heading_renamed_overnight_is_named() -> None:
    page = "<table><tr><th>kind</th><th>id</th><th>received</th><th>point</th></tr></table>"
    assert str((await fetched("html", page)).error) == "column 'type' is gone"


async def test_records_lie_at_their_path_and_columns_at_theirs() -> None:
    body = (
        '{"data": [{"calls": [{"id": 1, "call": {"type": "FIRE"}, "received": "", "at": [{"p": ""}]}, 7]}]}'
    )
    fields = FIELDS | {"source_type": "call.type", "point": {"from": "at.0.p", "convert": "lat_lon"}}
    found = rows(await fetched("json", body, records="data.0.calls", fields=fields))
    assert found == [{"id": 1, "call.type": "FIRE", "received": "", "at.0.p": ""}, {}]


@pytest.mark.parametrize("path", ["", "data", "data.9", "data.0.calls.id", "nothing"])
async def test_a_path_that_leads_to_no_list_is_a_changed_source(path: str) -> None:
    error = (await fetched("json", '{"data": {"0": {"calls": []}}}', records=path)).error
    assert str(error) == "no list of records in the answer"


async def test_days_are_written_into_the_address() -> None:
    changes = {"date_format": "%a %b %d %Y", "first_days": 7}
    with answering("[]") as running:
        url = running.url + "/calls?start={from}&end={to}"
        async with Reader(source(url, "json", **changes)) as reader:
            await reader.fetch()
    assert dict(running.asked[0].params) == {"start": "Mon Mar 04 2024", "end": "Tue Mar 12 2024"}


async def test_a_token_is_asked_for_and_carried() -> None:
    def answer(request: Request) -> Reply:
        if request.path == "/token":
            return Reply.json({"token": "abc"}) if request.method == "POST" else Reply(405)
        return Reply.json([] if request.headers.get("authorization") == "Bearer abc" else {"no": "token"})

    with serving(answer) as running:
        one = source(running.url + "/calls", "json", token_url=running.url + "/token")
        async with Reader(one) as reader:
            for _ in range(2):
                assert (await reader.fetch()).error is None
    assert [request.path for request in running.asked] == ["/token", "/calls", "/calls"]


@pytest.mark.parametrize("answer", ['{"token": 7}', "[]", '{"token": "a\\nb: c"}', '{"token": "ключ"}'])
async def test_a_strange_token_is_not_sent(answer: str) -> None:
    with answering(answer) as running:
        one = source(running.url + "/calls", "json", token_url=running.url + "/token")
        async with Reader(one) as reader:
            assert isinstance((await reader.fetch()).error, SourceUnavailable)
    assert len(running.asked) == 1


async def test_a_package_is_read_from_its_newest_table_also_when_it_is_replaced() -> None:
    with feed("ckan", 3) as one:
        assert isinstance(one.app, Portal)
        async with Reader(one.source()) as reader:
            assert sorted(numbers((await reader.fetch()).rows)) == [1, 2, 3]
            one.app.current = "tomorrow"
            one.add(4)
            assert sorted(numbers((await reader.fetch()).rows)) == [1, 2, 3, 4]


async def test_a_package_with_a_cursor_is_read_from_its_newest_row_back() -> None:
    with feed("ckan", 45) as one:
        async with Reader(one.source(cursor_column="edited", overlap_s=300)) as reader:
            first = await reader.fetch()
            assert sorted(numbers(first.rows)) == list(range(1, 46))
            assert first.complete[-1]
            asked = len(one.server.asked)
            one.edit(3, 60)
            second = await reader.fetch(first.cursor)
            assert set(numbers(second.rows)) == {3, *range(40, 46)}
            assert not any(second.complete)
            assert len(one.server.asked) == asked + 2


async def test_a_package_can_begin_some_days_back_and_skips_rows_without_a_time() -> None:
    with feed("ckan", 12) as one:
        one.edit(7, 60 * 24 * 6)
        one.table.update("number = '9'", edited=None)
        async with Reader(one.source(cursor_column="edited", first_days=3)) as reader:
            assert numbers((await reader.fetch()).rows) == [7]


async def test_a_table_is_chosen_by_its_name() -> None:
    with feed("ckan", 3) as one:
        async with Reader(one.source(resource="^no such")) as reader:
            error = (await reader.fetch()).error
    assert str(error) == "the package has no such table in the data store"


async def test_a_portals_error_is_named_without_its_message() -> None:
    with feed("ckan", 3) as one:
        async with Reader(one.source(resource="^old$")) as reader:
            error = (await reader.fetch()).error
        assert str(error) == "HTTP 404: Not Found Error"
        async with Reader(one.source(cursor_column="missing")) as reader:
            error = (await reader.fetch()).error
        assert str(error) == "column 'missing' is gone"


async def test_a_feed_that_says_it_is_large_is_not_read_to_the_end() -> None:
    entries = "<entry><id>1</id></entry>" * 400
    error = (await fetched("feed", f"<feed>{entries}</feed>", max_rows=100)).error
    assert str(error) == "more rows than max_rows"
    assert isinstance((await fetched("html", server.HTML.chunks[0])).error, SourceUnavailable)


NONE = "There are no active calls at this time."
HEADINGS = "<tr><th>id</th><th>received</th><th>type</th><th>point</th></tr>"


@pytest.mark.parametrize(
    ("connector", "body"),
    [
        ("json", b"null"),
        ("json", b"[]"),
        ("feed", "<rss version='2.0'><channel><title>x</title></channel></rss>"),
        ("feed", "<feed xmlns='http://www.w3.org/2005/Atom'/>"),
        ("html", f"<html><h1>Active calls</h1><p>{NONE}</p></html>"),
        ("html", f"<table>{HEADINGS}</table>"),
        ("html", f"<table>{HEADINGS}<tr><td colspan=4>{NONE}</td></tr></table>"),
        ("html", f"<table>{HEADINGS}<tr><td>No incidents found</td></tr></table>"),
        ("html", "<table><tr><td>menu</td></tr></table><p>0 active incidents</p>"),
        ("files", "id,received,type,point\n"),
        ("files", "id;received;type;point"),
        ("files", '{"type": "FeatureCollection", "features": []}'),
        ("files", '{"type": "FeatureCollection", "features": null}'),
    ],
)
async def test_an_answer_that_says_that_there_is_nothing_is_empty_and_whole(
    connector: str, body: bytes | str
) -> None:
    found = await fetched(connector, body)
    assert (found.error, found.rows, found.complete) == (None, [], [True])
    assert not found.batches[0].unreadable


@pytest.mark.parametrize(
    ("connector", "body"),
    [
        ("json", b"{}"),
        ("json", b'{"error": "no calls for you"}'),
        ("json", b"<html>no calls</html>"),
        ("json", b""),
        ("feed", "<error>no calls</error>"),
        ("html", "<html><h1>Service unavailable</h1></html>"),
        ("html", "<table><tr><th>name</th><th>phone</th></tr><tr><td>a</td><td>b</td></tr></table>"),
        ("html", f"<table>{HEADINGS.replace('type', 'nature')}</table>"),
        ("files", ""),
        ("files", "id,received,nature,point\n"),
        ("files", "<html>no calls</html>"),
        ("files", '{"message": "no calls"}'),
    ],
)
async def test_an_answer_that_is_another_one_is_no_empty_one(connector: str, body: bytes | str) -> None:
    found = await fetched(connector, body)
    assert found.error is not None
    assert not found.batches


@pytest.mark.parametrize("nothing", [b"null", b'""', b"{}", b"[]"])
async def test_a_list_that_is_written_as_nothing_is_empty(nothing: bytes) -> None:
    found = await fetched("json", b'{"result": {"calls": %s}}' % nothing, records="result.calls")
    assert (found.error, found.rows, found.complete) == (None, [], [True])
    for absent in (b'{"result": {}}', b'{"result": {"calls": false}}', b'{"result": {"calls": {"a": 1}}}'):
        assert (await fetched("json", absent, records="result.calls")).error is not None


async def test_a_page_with_a_declaration_that_nobody_knows_is_refused_in_plain_words() -> None:
    error = (await fetched("html", HEADED + "</table><![x]> ")).error
    assert isinstance(error, SourceUnavailable)
    assert str(error) == "HTML that cannot be read"
