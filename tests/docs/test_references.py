import enum
import inspect
import json
import types
import typing
from typing import Any

import pytest
import typer
from pages import prose, read, section, table, words
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from blocklight.cli import app
from blocklight.config import city as city_module
from blocklight.config import field as field_spec
from blocklight.config import geocoder as geocoder_spec
from blocklight.config import map_layers as map_layer_tables
from blocklight.config import policy as policy_module
from blocklight.config import source as source_spec
from blocklight.config.settings import Settings
from blocklight.model.vocabulary import Category, Disposition, Reason, Stage, Status

CITY_FILE = read("docs/reference/city-file.md")
CLI = read("docs/reference/cli.md")


def leaves(group: Any, prefix: str = "") -> dict[str, Any]:  # noqa: ANN401 - the command library's own group
    """Return the commands of a group and of the groups in it, by all of their words."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = leaves(command, f"{prefix}{name} ") if hasattr(command, "commands") else {}
        found |= inner or {f"{prefix}{name}": command}
    return found


COMMANDS = leaves(typer.main.get_command(app))

TABLES: dict[type[BaseModel], str] = {
    city_module.City: "The whole file",
    city_module.Identity: "`[city]`",
    city_module.Bounds: "`bounds`",
    city_module.SourceSpec: "`[[sources]]`",
    source_spec.MaskedByPublisher: "`[sources.masked_by_publisher]`",
    source_spec.PagesSpec: "`[sources.pages]`",
    city_module.FieldMap: "`[sources.fields]`",
    city_module.FieldSpec: "A field",
    city_module.CallTypes: "`[call_types]`",
    city_module.TypeRule: "`[[call_types.patterns]]`",
    city_module.SensitiveRule: "`[[call_types.sensitive]]`",
    policy_module.Policy: "`[policy]`",
    policy_module.Rule: "`[[policy.rules]]`",
    policy_module.Allow: "`[[policy.allow]]`",
    policy_module.MedicalDetail: "`[policy.medical]`",
    policy_module.CompanionsShown: "`[policy.companions]`",
    city_module.AreaLayer: "`[[areas]]`",
    geocoder_spec.GeocoderSpec: "`[geocoder]`",
    geocoder_spec.StreetLines: "`[geocoder.streets]`",
    city_module.PlacesSpec: "`[places]`",
    city_module.MapSpec: "`[map]`",
    city_module.BaseLayer: "`[[map.layers]]`",
    city_module.PublishSpec: "`[publish]`",
}


def title(model: type[BaseModel]) -> str:
    return model.__name__


def shown_default(field: FieldInfo, *, top: bool) -> str:
    """Return how the reference writes the default of a key."""
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined or top:
        return "required" if default is PydanticUndefined else "optional"
    if default is None or default in ("", (), {}):
        return "none" if default is None else "empty"
    # JSON writes text, lists, truth and numbers as TOML does.
    return f"`{json.dumps(default)}`"


def choices(annotation: object) -> set[str]:
    """Return the words that an annotation allows, wherever in it they stand."""
    if isinstance(annotation, type) and issubclass(annotation, enum.StrEnum):
        return {member.value for member in annotation}
    if typing.get_origin(annotation) is typing.Literal:
        return {
            str(word).lower() if isinstance(word, bool) else str(word) for word in typing.get_args(annotation)
        }
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
        return set().union(*(choices(part) for part in typing.get_args(annotation)))
    return set()


def test_every_table_of_a_city_file_has_its_section() -> None:
    models = {
        value
        for module in (city_module, map_layer_tables, field_spec, source_spec, policy_module, geocoder_spec)
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, BaseModel) and value.__module__ == module.__name__
    }
    assert models == set(TABLES)


@pytest.mark.parametrize("model", TABLES, ids=title)
def test_the_reference_of_the_city_file_has_every_key_with_its_default(model: type[BaseModel]) -> None:
    rows = table(section(CITY_FILE, TABLES[model]), "Key")
    fields = {str(field.validation_alias or name): field for name, field in model.model_fields.items()}
    assert list(rows) == list(fields)
    for key, field in fields.items():
        assert rows[key][0] == shown_default(field, top=model is city_module.City), key
        assert rows[key][1].endswith("."), key


@pytest.mark.parametrize("model", TABLES, ids=title)
def test_the_reference_of_the_city_file_has_every_choice(model: type[BaseModel]) -> None:
    text = CITY_FILE if model is city_module.City else section(CITY_FILE, TABLES[model])
    named = {word.strip('"') for word in words(prose(text))}
    for name, field in model.model_fields.items():
        missing = choices(field.annotation) - named
        if missing and missing <= set(Category):  # they stand together under [call_types]
            missing -= set(words(section(CITY_FILE, "`[call_types]`")))
        assert not missing, f"{name}: {sorted(missing)}"


def test_the_commands_of_the_reference_are_those_of_the_program() -> None:
    documented = {
        line.removeprefix("## blocklight ") for line in CLI.splitlines() if line.startswith("## blocklight ")
    }
    assert documented == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_of_a_command_has_every_option_with_its_default(name: str) -> None:
    parameters = {names(parameter): parameter for parameter in COMMANDS[name].params}
    body = section(CLI, f"blocklight {name}")
    rows = table(body, "Option") if parameters else {}
    assert set(rows) == {first for first, *_ in parameters}
    for (first, *others), parameter in parameters.items():
        assert rows[first][0] == option_default(parameter), first
        shown = next(line for line in body.splitlines() if line.startswith(f"| `{first}`"))
        assert all(f"`{other}`" in shown for other in others), first


def names(parameter: Any) -> tuple[str, ...]:  # noqa: ANN401 - the command library's own parameter
    """Return an option's long name and then its others, or an argument's name in capitals."""
    if parameter.param_type_name == "argument":
        return (str(parameter.metavar or parameter.name).upper(),)
    return tuple(sorted(parameter.opts, key=len, reverse=True))


def option_default(parameter: Any) -> str:  # noqa: ANN401 - the command library's own parameter
    """Return how the reference writes a default."""
    if parameter.required:
        return "required"
    if parameter.default is False:
        return "off"
    return "none" if parameter.default in (None, (), []) else f"`{parameter.default}`"


def test_the_options_of_the_program_itself_are_documented() -> None:
    rows = table(section(CLI, "blocklight"), "Option")
    own = typer.main.get_command(app).params
    assert set(rows) == {names(parameter)[0] for parameter in own}


def test_the_reference_of_the_settings_has_every_variable_with_its_default() -> None:
    rows = table(read("docs/reference/settings.md"), "Variable")
    fields = Settings.model_fields
    assert set(rows) == {f"BLOCKLIGHT_{name}".upper() for name in fields}
    for name, field in fields.items():
        default = "none" if field.default is None else f"`{field.default}`"
        assert rows[f"BLOCKLIGHT_{name}".upper()][0] == default


def test_the_glossary_has_every_category_stage_and_reason() -> None:
    glossary = read("docs/glossary.md")
    assert list(table(section(glossary, "Categories"), "Category")) == [str(member) for member in Category]
    for word in (*Stage, *Status, *Reason):
        assert f"`{word}`" in glossary, word


def test_the_reference_of_the_city_file_has_every_disposition() -> None:
    assert [str(member) for member in Disposition] == words(section(CITY_FILE, "`[dispositions]`"))
