"""Whatever the API's own description allows, and much that it does not, ends without a server error.

Bars: 0 server errors; here 100 cases an operation. ``MOODMIRROR_FUZZ_CASES`` asks for more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from moodmirror.server.limits import Limits
from tests.server.serving import Served, serving

CASES = int(os.environ.get("MOODMIRROR_FUZZ_CASES", "100"))
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]
WAIT_S = 60  # a busy machine is no server error
PLENTY = Limits(photos_per_min=1_000_000)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("fuzz"), limits=PLENTY) as running:
        yield running


def operations() -> list[tuple[str, str]]:
    from moodmirror.catalog.load import Catalog
    from moodmirror.config import Settings
    from moodmirror.expression.classify import FakeClassifier
    from moodmirror.mirror import Mirror
    from moodmirror.recommend.recommender import Recommender
    from moodmirror.server.app import create_app
    from moodmirror.store import Store
    from moodmirror.vision.detect import FakeDetector

    parts = Mirror(Settings(), detector=FakeDetector(), classifier=FakeClassifier()), Store.open("sqlite://")
    paths = create_app(Settings(home=Path("unused")), *parts, Recommender(Catalog())).openapi()["paths"]
    parts[1].close()
    return [(path, method.upper()) for path, methods in paths.items() for method in methods]


@pytest.mark.parametrize(("path", "method"), operations(), ids=lambda value: value)
def test_no_case_is_a_server_error(served: Served, path: str, method: str) -> None:
    schema = schemathesis.openapi.from_url(f"{served.base}/openapi.json")
    operation = schema[path][method]
    case = operation.as_strategy()
    if operation.body or any(operation.iter_parameters()):
        case |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=case)
    def answered(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(base_url=served.base, checks=CHECKS, timeout=WAIT_S)

    answered()


@settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(messages=st.lists(st.text(max_size=80) | st.binary(max_size=80), min_size=1, max_size=10))
def test_no_message_on_the_socket_ends_it_badly(served: Served, messages: list[str | bytes]) -> None:
    with served.socket() as socket:
        socket.recv(timeout=20)
        for message in messages:
            socket.send(message)
        socket.send('{"type": "start"}')
        socket.send('{"type": "start"}')
        while "comes once" not in socket.recv(timeout=20):
            pass
