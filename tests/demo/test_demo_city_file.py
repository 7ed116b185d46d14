from blocklight.config.city import default_call_types, load_city
from blocklight.demo.call_kinds import ENDS, KINDS
from blocklight.demo.request_desk import REQUEST_KINDS, UNMAPPED_REQUEST
from blocklight.intake.redact import Rules
from blocklight.model.vocabulary import Category, Disposition, Reason


def test_every_type_is_mapped_withheld_or_unmapped_on_purpose() -> None:
    rules = Rules.of(load_city("demo"), b"key")
    assert len(KINDS) > 80
    for kind in KINDS:
        known = rules.category(kind.text)
        if kind.sensitive:
            assert known is Reason.SENSITIVE, kind.text
        elif kind.unmapped:
            assert known is Reason.UNMAPPED, kind.text
        else:
            assert isinstance(known, Category), kind.text


def test_every_service_of_the_request_desk_is_mapped_but_one() -> None:
    rules = Rules.of(load_city("demo"), b"key")
    unmapped = [kind.text for kind in REQUEST_KINDS if not isinstance(rules.category(kind.text), Category)]
    assert unmapped == [UNMAPPED_REQUEST]


def test_medical_calls_are_medical_and_their_endings_are_not_named() -> None:
    city = load_city("demo")
    patients = [kind.text for kind in KINDS if kind.ends == "patient" and not kind.sensitive]
    assert len(patients) == 8
    assert {city.call_types.exact[text] for text in patients} == {Category.MEDICAL}
    assert not {word for _, word in ENDS["patient"]} & set(city.dispositions)


def test_every_other_ending_has_a_disposition() -> None:
    named = load_city("demo").dispositions
    words = {word for ends, of in ENDS.items() if ends != "patient" for _, word in of}
    assert words <= set(named)
    assert {named["DUPLICATE CALL"], named["CANCELLED"]} == {Disposition.DUPLICATE, Disposition.CANCELLED}


def test_the_city_file_and_the_shipped_rules_agree_on_what_is_sensitive() -> None:
    rules = default_call_types()
    assert rules.sensitive
    city = load_city("demo")
    assert not {kind.text for kind in KINDS if kind.sensitive} & set(city.call_types.exact)
