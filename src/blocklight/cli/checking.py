"""Says what a city file would make of a source, before anything is stored or shown."""

from collections import Counter
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from blocklight.app import city_check
from blocklight.app.city_check import Asked, CityCheck, SourceCheck
from blocklight.app.missing_ground import missing_ground
from blocklight.app.opening import wall_clock
from blocklight.app.sampling import Given
from blocklight.app.zone_of_bounds import other_zone
from blocklight.cli import out
from blocklight.cli.report_tables import print_report, write_type_table
from blocklight.config.city import City, SourceSpec
from blocklight.config.settings import Settings
from blocklight.errors import BlocklightError, SourceChanged, SourceError
from blocklight.intake.type_counts import type_counts

_LEARN = "What somebody could learn from this feed that you did not mean to tell"
_MOST_COLUMNS = 60


def check_city(
    name: str,
    *,
    source_id: str | None,
    sample: Path | None,
    source_urls: list[str],
    everything: Path | None = None,
    types_csv: Path | None = None,
) -> None:
    """Print what becomes of what each source holds; raises ``CityFileError`` or ``SourceError``.

    Of a source on the network that is one page, of a file all of it.
    """
    check = CityCheck.of(name, source_id, Given(sample, everything), source_urls)
    _print_city(name, check)
    types, failed, raised = Counter[str](), 0, 0
    for source in check.sources:
        out.rule(f"{source.id}: {source.label}")
        if source.connector == "push" and check.given.file is None:
            _plain(f"Its records are pushed to Blocklight. Check a batch: --source {source.id} --sample FILE")
            continue
        checked = _check_source(check, source)
        if checked is not None:
            types.update(checked.report.types)
            raised += _ask(check, source)
            for file, problem in city_check.unlike_files(check, source):
                _plain(f"{file} {problem}", bold=True)
        failed += checked is None or checked.refused is not None or bool(checked.nothing_shown)
    if types_csv is not None:
        write_type_table(type_counts(types, check.rules.meanings.of), types_csv)
    if failed:
        raise BlocklightError(
            f"{failed} of {len(check.sources)} sources could not be read, would be refused, "
            "or would show nothing"
        )
    if raised:
        raise BlocklightError(f"{_number_of(raised, 'question')} to answer before this city is served")


def _print_city(name: str, check: CityCheck) -> None:
    city = check.city
    areas = ", ".join(f"{layer.label} ({layer.kind})" for layer in city.areas) or "none"
    out.print(
        f"[bold]{city.city.name}[/bold]: the city file is valid. Areas: {areas}.",
        highlight=False,
        soft_wrap=True,
    )
    if city.policy.labels != "none" and check.rules.blocks is None:
        reason = "the city file has no street lines to find blocks on; add [geocoder.streets], with ranges"
        _plain(f"policy.labels: no label is shown: {reason}.")
    if (mistake := other_zone(city, wall_clock())) is not None:
        _plain(mistake, bold=True)
    if (missing := missing_ground(city, name, Settings().style_url)) is not None:
        _plain(f"{missing}.")


def _check_source(check: CityCheck, source: SourceSpec) -> SourceCheck | None:
    """Print what becomes of what a source holds; ``None`` where it cannot be read."""
    try:
        checked = city_check.check_source(check, source)
    except SourceError as error:
        _plain(f"{check.given.file or source.url} cannot be read: {error.explained}", bold=True)
        if isinstance(error, SourceChanged) and error.heading:
            _plain(f"It has these columns: {', '.join(error.heading[:_MOST_COLUMNS])}")
        return None
    if checked.count:
        _print_outcomes(check, source, checked)
    else:
        out.print("The response has no records, so its fields cannot be checked.", soft_wrap=True)
    if checked.refused:
        _plain(f"`serve` would refuse this answer as a whole: {checked.refused}", bold=True)
    if checked.nothing_shown:
        _plain("The map would show nothing of this source. Why its records are withheld:", bold=True)
    for reason in checked.nothing_shown:
        _plain(f"{reason}.", bold=True)
    if (group := city_check.endless_allowance(source, check.city)) is not None:
        _plain(
            f"Stays withheld: what [[policy.allow]] allows of {group} is published only once the "
            f'call is closed, and this source never says that (closes = "never").',
            bold=True,
        )
    return checked


def _print_outcomes(check: CityCheck, source: SourceSpec, checked: SourceCheck) -> None:
    tally = checked.tally
    _plain(f"Looked at {checked.looked_at}.")
    out.print(_field_table(source, check.city, checked))
    print_report(checked.report, source.id, check.rules, has_map=source.fields.disposition is not None)
    sought, placed = tally.noticed["places_sought"], tally.noticed["places_found"]
    places = f" Of {sought} addresses that may be shown {placed} were found." if sought else ""
    out.print(
        f"{tally.records} records: [bold]{tally.published} published[/bold], all masked; {tally.held} held; "
        f"withheld: {_counts_in_words(tally.withheld)}; rejected: {_counts_in_words(tally.rejected)}; "
        f"fields left out because unreadable: {_counts_in_words(tally.repaired)}." + places + checked.missed,
        highlight=False,
        soft_wrap=True,
    )
    if checked.equal and source.equal_rows == "same":
        _plain(
            f"{_number_of(checked.equal, 'row')} equal to an earlier one in all that is read: they count as "
            'the same call. If each is a call of its own, write equal_rows = "apart".'
        )
    for cause in checked.causes:
        _plain(f"Rejected: {cause}.")


def _ask(check: CityCheck, source: SourceSpec) -> int:
    """Print what somebody could learn from a source; how many questions that leaves."""
    try:
        answers = city_check.ask_of(check, source)
    except SourceError as error:
        _plain(f"Its other columns cannot be read, and nothing was asked: {error.explained}", bold=True)
        return 0
    if answers.rows > answers.of_rows:
        _plain(f"Questions are asked of {answers.of_rows:,} of them, evenly from the first to the last.")
    return print_questions(answers)


def print_questions(answers: Asked) -> int:
    """Print what somebody could learn from a feed, nothing when all is well; how many questions there are."""
    if answers.questions:
        out.print(f"\n[bold]{_LEARN}[/bold]", highlight=False, soft_wrap=True)
    for number, question in enumerate(answers.questions, 1):
        _plain(f"{number}. {question.text} ({question.id})")
    if answers.zone is not None:
        advice = (
            "Set the source's `zone`, or `convert` of its times; or, if they are right, answer `time-zone`."
        )
        _plain(f"{answers.zone} {advice}", bold=True)
    return len(answers.questions) + (answers.zone is not None)


def _field_table(source: SourceSpec, city: City, checked: SourceCheck) -> Table:
    """Show for each of our fields where it comes from, how often it is there, and one value."""
    table = Table("Our field", "From", "Converter", "Present", "First value")
    for name, spec in source.fields.named():
        share = f"{checked.report.present[name]} of {checked.report.rows}"
        example = city_check.as_read(checked.first[name], city) if name in checked.first else "–"
        table.add_row(name, ", ".join(spec.source) or "(constant)", spec.convert, share, escape(example[:60]))
    return table


def _counts_in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


def _number_of(count: int, word: str) -> str:
    """A number with its word in the singular or plural."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _plain(text: str, *, bold: bool = False) -> None:
    out.print(text, style="bold" if bold else None, markup=False, highlight=False, soft_wrap=True)
