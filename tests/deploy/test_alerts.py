"""The shipped alerts fire when they should and only then; rules and dashboard name figures that there are."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
from front_servers import DEPLOY, ROOT, program

from blocklight.cli import app

RULES = (DEPLOY / "alerts.yml").read_text("utf-8")
ALERTS = re.findall(r"^ +- alert: (\w+)$", RULES, re.MULTILINE)
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]

_WEB = 'city="houston", instance="a", job="blocklight"'
_SECOND = 'city="houston", instance="b", job="blocklight"'
_INTAKE = 'city="houston", instance="i", job="blocklight"'
_WAITING = 'city="houston", instance="j", job="blocklight"'
_ELSEWHERE = 'city="oakland", instance="o", job="blocklight"'
# Figures of an hour, one a minute, in which nobody is called; the second city is paused on purpose.
HEALTHY = {
    'up{instance="a", job="blocklight"}': "1x60",
    f"blocklight_store_ok{{{_WEB}}}": "1x60",
    f'blocklight_source_ok{{{_WEB}, source="cad"}}': "1x60",
    f'blocklight_source_paused{{{_WEB}, source="cad"}}': "0x60",
    f'blocklight_source_ok{{{_ELSEWHERE}, source="cad"}}': "0x60",
    f'blocklight_source_paused{{{_ELSEWHERE}, source="cad"}}': "1x60",
    f'blocklight_source_age_seconds{{{_WEB}, source="cad"}}': "30x60",
    f"blocklight_window_incidents{{{_WEB}}}": "400x60",
    f"blocklight_window_incidents{{{_ELSEWHERE}}}": "0x70",
    f"blocklight_seq{{{_WEB}}}": "100+5x60",
    f"blocklight_seq{{{_SECOND}}}": "100+5x60",
    f"blocklight_seq{{{_ELSEWHERE}}}": "900000+50x60",
    f'blocklight_refused_total{{{_WEB}, limit="live_total"}}': "0x60",
    f'blocklight_refused_total{{{_WEB}, limit="requests_address"}}': "0+10x60",
    f'blocklight_push_refused_total{{{_WEB}, key="a1", limit="waiting", source="cad"}}': "0+1x60",
    f'blocklight_faults_total{{{_WEB}, task="polling a source"}}': "0x60",
    f"blocklight_left_out_total{{{_WEB}}}": "0x60",
    f"blocklight_intake_fetching{{{_INTAKE}}}": "1x60",
    f"blocklight_intake_fetching{{{_WAITING}}}": "0x60",
    f"blocklight_intake_fetching{{{_ELSEWHERE}}}": "1x60",
    f'blocklight_intake_source_failures{{{_INTAKE}, source="cad"}}': "0 1 2 0x60",
    f'blocklight_source_withheld_unusual{{{_WEB}, source="cad"}}': "0x60",
    f'blocklight_source_withheld_rising{{{_WEB}, source="cad"}}': "0x60",
    f'blocklight_batches_total{{{_WEB}, outcome="refused", source="cad"}}': "2x60",
    f"blocklight_disk_free_bytes{{{_WEB}}}": "50000000000-100000x60",
    f"blocklight_wal_bytes{{{_WEB}}}": "4000000x60",
    f'blocklight_http_seconds_bucket{{{_WEB}, le="1", route="/list", status="200"}}': "0+99x60",
    f'blocklight_http_seconds_bucket{{{_WEB}, le="10", route="/list", status="200"}}': "0+100x60",
    f'blocklight_http_seconds_bucket{{{_WEB}, le="+Inf", route="/list", status="200"}}': "0+100x60",
    f'blocklight_http_seconds_count{{{_WEB}, route="/list", status="503"}}': "0+1x60",
    f"process_resident_memory_bytes{{{_WEB}}}": "400000000x60",
    f"process_open_fds{{{_WEB}}}": "2000x60",
    f"process_max_fds{{{_WEB}}}": "65536x60",
    f"process_start_time_seconds{{{_WEB}}}": "1x50 2x20",
}

# What is different when something is wrong, for each alert; all alerts that it fires are this one.
WRONG = {
    "BlocklightDown": {'up{instance="a", job="blocklight"}': "1x9 0x50"},
    "BlocklightCannotStore": {f"blocklight_store_ok{{{_WEB}}}": "1x9 0x50"},
    "BlocklightWithheld": {f'blocklight_source_withheld_unusual{{{_WEB}, source="cad"}}': "0x9 1x50"},
    "BlocklightSourceLate": {f'blocklight_source_ok{{{_WEB}, source="cad"}}': "1x9 0x50"},
    "BlocklightSourceLost": {f'blocklight_source_age_seconds{{{_WEB}, source="cad"}}': "21000+60x60"},
    "BlocklightMapEmpty": {f"blocklight_window_incidents{{{_WEB}}}": "0x70"},
    "BlocklightBehind": {f"blocklight_seq{{{_SECOND}}}": "100+5x9 150x50"},
    "BlocklightFull": {f'blocklight_refused_total{{{_WEB}, limit="live_total"}}': "0x9 0+1x50"},
    "BlocklightAbuse": {f'blocklight_refused_total{{{_WEB}, limit="requests_address"}}': "0+600x60"},
    "BlocklightKeyAbuse": {
        f'blocklight_push_refused_total{{{_WEB}, key="a1", limit="waiting", source="cad"}}': "0+60x60"
    },
    "BlocklightFault": {f'blocklight_faults_total{{{_WEB}, task="polling a source"}}': "0x55 1x10"},
    "BlocklightLeftOut": {f"blocklight_left_out_total{{{_WEB}}}": "0x55 3x10"},
    "BlocklightNobodyFetches": {f"blocklight_intake_fetching{{{_INTAKE}}}": "1x50 0x20"},
    "BlocklightFetchesFail": {f'blocklight_intake_source_failures{{{_INTAKE}, source="cad"}}': "0+1x60"},
    "BlocklightBatchesRefused": {
        f'blocklight_batches_total{{{_WEB}, outcome="refused", source="cad"}}': "2x50 3x20"
    },
    "BlocklightDiskFills": {f"blocklight_disk_free_bytes{{{_WEB}}}": "50000000000-200000000x60"},
    "BlocklightWalGrows": {f"blocklight_wal_bytes{{{_WEB}}}": "4000000+100000000x60"},
    "BlocklightSlow": {
        f'blocklight_http_seconds_bucket{{{_WEB}, le="1", route="/list", status="200"}}': "0+80x60"
    },
    "BlocklightAnswersFail": {
        f'blocklight_http_seconds_count{{{_WEB}, route="/list", status="503"}}': "0+60x60"
    },
    "BlocklightMemory": {f"process_resident_memory_bytes{{{_WEB}}}": "400000000+50000000x60"},
    "BlocklightFilesRunOut": {f"process_open_fds{{{_WEB}}}": "2000x30 60000x40"},
    "BlocklightRestarts": {f"process_start_time_seconds{{{_WEB}}}": "1x20 2x10 3x10 4x30"},
}

# The same for what is wrong only after half a day.
LASTING = {
    "BlocklightPausedLong": {f'blocklight_source_paused{{{_WEB}, source="cad"}}': "1x800"},
    "BlocklightWithheldRises": {f'blocklight_source_withheld_rising{{{_WEB}, source="cad"}}': "1x800"},
}


def test_every_alert_is_tested_and_says_what_to_do() -> None:
    assert sorted(ALERTS) == sorted(WRONG | LASTING)
    for rule in RULES.split("- alert: ")[1:]:
        assert re.search(r"severity: (critical|warning|info) ", rule), rule
        for words in ("summary", "action"):
            [text] = re.findall(rf'^ +{words}: "(.+)"$', rule, re.MULTILINE)
            assert len(text) > 20
            assert text.endswith("."), text


def test_every_command_that_an_alert_names_is_one() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # the app is a group
    named = set(re.findall(r"(?<!systemctl restart )(?<!of )\bblocklight ([a-z][a-z-]*)", RULES))
    assert {"check", "type", "resume"} <= named
    assert named <= commands


def _promtool(*arguments: str | Path) -> None:
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_rules_and_its_own_file(tmp_path: Path) -> None:
    _promtool("check", "rules", "--lint-fatal", DEPLOY / "alerts.yml")
    text = (DEPLOY / "prometheus.yml").read_text("utf-8")
    file = tmp_path / "prometheus.yml"
    file.write_text(text.replace("/etc/prometheus/blocklight-alerts.yml", str(DEPLOY / "alerts.yml")))
    _promtool("check", "config", "--lint-fatal", file)


def _hours(series: dict[str, str], firing: list[str], at: str = "61m") -> dict[str, object]:
    """Make a test of promtool: which alerts fire at a moment, and that each names its city.

    Only of a process that does not answer Prometheus does not know the city.
    """
    city = {name: "" if name == "BlocklightDown" else ', city="houston"' for name in firing}
    samples = [{"labels": f'{{alertname="{name}"{label}}}', "value": 1} for name, label in city.items()]
    fires = 'group by (alertname, city) (ALERTS{alertstate="firing"})'
    return {
        "name": "".join(firing) or "a good hour",
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": fires, "eval_time": at, "exp_samples": samples}],
    }


def test_each_alert_fires_for_its_city_when_it_should_and_none_in_a_good_hour(tmp_path: Path) -> None:
    for changes in WRONG.values():
        assert changes.keys() <= HEALTHY.keys()
    tests = [
        _hours(HEALTHY, []),
        *(_hours(HEALTHY | changes, [alert]) for alert, changes in WRONG.items()),
        *(_hours(series, [], "11h") for series in LASTING.values()),
        *(_hours(series, [alert], "13h") for alert, series in LASTING.items()),
    ]
    file = tmp_path / "alerts.test.yml"
    # JSON is YAML.
    file.write_text(
        json.dumps({"rule_files": [str(DEPLOY / "alerts.yml")], "evaluation_interval": "1m", "tests": tests})
    )
    _promtool("test", "rules", file)


def test_every_query_of_the_dashboard_can_be_read_and_every_panel_is_named(tmp_path: Path) -> None:
    assert len(QUERIES) > 8
    recorded = [
        {"record": f"panel:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(QUERIES)
    ]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": recorded}]}))
    _promtool("check", "rules", file)
    titles = [panel["title"] for panel in DASHBOARD["panels"]]
    assert len(set(titles)) == len(titles)
    assert all(panel["description"].endswith(".") for panel in DASHBOARD["panels"])


@pytest.mark.parametrize(
    "text", [RULES, *QUERIES], ids=["alerts", *(f"query {n}" for n in range(len(QUERIES)))]
)
def test_every_figure_is_one_that_the_reference_lists(text: str) -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
    listed = set(re.findall(r"`(\w+)`", page)) | {"up"}
    expressions = re.findall(r"^ +expr: (.+)$", text, re.MULTILINE) or [text]
    for expression in expressions:
        named = set(re.findall(r"\b(?:blocklight|process)_\w+|\bup\b", expression))
        assert named, expression
        for figure in named:
            assert figure in listed or re.sub(r"_(bucket|sum|count)$", "", figure) in listed, figure


def test_every_label_that_is_chosen_by_is_one_of_its_figure() -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
    labels = {
        figure: set(re.findall(r"`(\w+)`", cell)) | {"city", "instance", "job"}
        for figure, cell in re.findall(r"^\| `(\w+)` \|([^|]*)\|", page, re.MULTILINE)
    }
    chosen = [
        (re.sub(r"_(bucket|sum|count)$", "", figure), set(re.findall(r"(\w+)[=!]~?", selector)))
        for text in (RULES, *QUERIES)
        for figure, selector in re.findall(r"(\w+)\{(\w+[=!][^}]*)\}", text)
    ]
    assert len(chosen) > 8
    for figure, names in chosen:
        assert names <= labels.get(figure, {"city", "job"}), figure
