# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of the bench say together: figures, goals and the table."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.availability.evaluation import evaluate
from ansible_collections.stackroll.nova.plugins.module_utils.availability.recording import Recording, Session
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Boot, Sample
from ansible_collections.stackroll.nova.plugins.module_utils.availability.spans import Span, Spans
from ansible_collections.stackroll.nova.tests.bench.under_load import table
from ansible_collections.stackroll.nova.tests.bench.under_load.record import Record
from ansible_collections.stackroll.nova.tests.bench.under_load.results import Results, goals, measures, outage_ratio

RESTARTS = {"compute": 6.0, "placement": 2.0}


def record(name: str = "ours 1", **more: Any) -> Record:
    found = {"requests": 1000, "boots": 20, "p99_ratio": 1.5, "busy_before": 0.4, "outages": {"placement": 0.0}, **more}
    return Record(name, **found)


def single(**more: Any) -> Record:
    return record("single", more={"restart_seconds": RESTARTS, "warned": True}, **more)


def met(results: Results) -> dict[str, Any]:
    return {goal.name: goal.met for goal in goals(results)}


def test_a_record_holds_what_clients_have_seen() -> None:
    def sample(at: float, status: int, seconds: float = 0.1, api: str = "compute") -> Sample:
        return Sample(at, api, f"{api}_version", "GET", status, None, seconds)

    samples = [
        sample(1, 200),
        sample(11, 503),
        sample(12, 503),
        sample(14, 200),
        sample(15, 200, 1.5),
        sample(15, 200, api="placement"),
    ]
    session = Session({}, samples, [Boot(11, "stackroll-probe-1", failure="not accepted")])
    evaluation = evaluate(Recording((session,)), Spans((Span("work", 10, 20),)))
    found = Record.of("ours 1", evaluation, rate=5.0)
    assert (found.requests, found.failures, found.kinds, found.phases) == (6, 2, {"5xx": 2}, {"work": 2})
    assert (found.boots, found.boot_failures, found.boot_kinds) == (1, 1, {"not accepted": 1})
    assert found.outages == {"compute": 3.1, "placement": 0}
    assert (found.out("compute"), found.out("placement"), found.out("image")) == (3.1, 0.0, 0.0)
    assert found.p99 == {"before": 0.1, "during": 1.5, "after": None}
    assert found.p99_ratio == 15.0
    assert len(found.failed) == 3
    assert Record.from_dict({**json.loads(json.dumps(found.to_dict())), "of another version": 1}) == found


def test_late_answers_count_as_out_where_they_are_more_than_the_failures() -> None:
    assert record(gaps={"compute": 7.0}, outages={"compute": 3.0}).out("compute") == 7.0


def test_the_measures_are_sums_and_the_worst() -> None:
    ours = (record(failures=2, p99_ratio=1.2, longest_gap=3.0), record("ours 2", boot_failures=1, p99_ratio=2.5))
    peers = {"all_at_once": record(failures=70), "first_then_rest": record(failures=90)}
    found = {name: value for name, value, _unit in measures(Results(ours, {**peers, "single": single()}))}
    assert found == {
        "requests": 2000,
        "failures": 2,
        "boots": 40,
        "boot_failures": 1,
        "longest_gap_seconds": 3.0,
        "p99_ratio": 2.5,
        "peer_all_at_once_failures": 70,
        "peer_first_then_rest_failures": 90,
        "single_controller_outage_ratio": 0.0,
    }


def test_what_was_not_measured_has_no_figure_and_no_verdict() -> None:
    assert measures(Results()) == []
    assert set(met(Results()).values()) == {None}
    assert [name for name, _value, _unit in measures(Results((record(p99_ratio=None),)))][-1] == "longest_gap_seconds"


def test_the_goals_are_those_of_every_run() -> None:
    fine = met(Results((record(), record())))
    assert list(fine.values()) == [True, True, True, True, True, None, None]
    for number, wrong in enumerate(
        (
            {"busy_before": 0.51},
            {"failures": 1},
            {"boot_failures": 1},
            {"outages": {"placement": 0.1}},
            {"p99_ratio": 2.01},
        )
    ):
        assert [
            index for index, found in enumerate(met(Results((record(**wrong), record()))).values()) if found is False
        ] == [number]


def test_the_control_run_excuses_what_the_processor_explains() -> None:
    name = "p99 during at most 2 x before, or that of the control run"
    slow = (record(p99_ratio=5.0),)
    assert met(Results(slow, {"control": record(p99_ratio=2.5)}))[name] is True
    assert met(Results(slow, {"control": record(p99_ratio=2.4)}))[name] is False
    assert met(Results(slow, {"control": record(p99_ratio=None)}))[name] is False


def test_a_single_controller_is_judged_by_its_worse_api() -> None:
    fine = single(outages={"compute": 7.2}, gaps={"placement": 2.4})
    assert outage_ratio(fine) == 1.2
    assert list(met(Results((), {"single": fine})).values())[-2:] == [True, True]
    worse = Record("single", gaps={"placement": 2.5}, more={"restart_seconds": RESTARTS, "warned": False})
    assert list(met(Results((), {"single": worse})).values())[-2:] == [False, False]


def test_results_survive_the_file() -> None:
    results = (
        Results((record(more={"profile": [[1.0, 0.5]]}),))
        .with_other("control", record("control"))
        .with_other("single", single())
    )
    data = json.loads(json.dumps({"measures": [], **results.to_dict()}))
    assert Results.from_dict(data) == results
    assert Results.from_dict({}) == Results()


def test_the_table_has_a_column_for_each_part_and_a_line_for_each_kind() -> None:
    peer = record("all_at_once", kinds={"5xx": 3, "reset": 1}, boot_kinds={"no valid host": 2}, p99={"before": 0.0481})
    lines = table.lines(Results((record(p99_ratio=None),), {"control": record("control"), "all_at_once": peer}).columns)
    assert lines[0].split() == ["ours", "1", "control", "all_at_once"]
    found = {line[:36].strip(): line[36:].split() for line in lines}
    assert (found["5xx"], found["reset"], found["no valid host"]) == (["0", "0", "3"], ["0", "0", "1"], ["0", "0", "2"])
    assert found["p99 before"] == ["-", "-", "48", "ms"]
    assert found["p99 during to before"] == ["-", "1.50", "1.50"]
    assert len({len(line) for line in lines}) == 1
