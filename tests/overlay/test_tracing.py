"""OpenTelemetry: the instrumentation of httpx sees our requests, and our hooks are enough for spans of one's own."""

from __future__ import annotations

import warnings

import pytest

from omnirun import Account, Client, Hooks
from tests.overlay.test_transport import KEY, answering, http, listening

pytest.importorskip("opentelemetry.sdk")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

REF = "datafold:monitors/42/runs/7"
BODY = b'{"run_id": 7, "monitor_id": 42, "state": "ok", "warnings": []}'


@pytest.fixture
def exported():
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter, provider
    provider.shutdown()


def get(**options):
    with listening(answering(http(200, BODY))) as (url, heard):
        with Client(accounts=[Account("datafold", api_key=KEY, base_url=url)], **options) as client:
            assert client.get(REF).ok
        return url, heard[0]


def test_the_instrumentation_of_httpx_sees_our_requests(exported):
    exporter, provider = exported
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        url, _ = get()
    finally:
        instrumentor.uninstrument()
    (span,) = exporter.get_finished_spans()
    assert span.name == "GET"
    assert f"{url}/api/v1/monitors/42/runs/7" in span.attributes.values()
    assert KEY not in str(dict(span.attributes))


def test_hooks_are_enough_for_spans_of_ones_own(exported):
    exporter, provider = exported
    tracer, open_spans = provider.get_tracer("mine"), {}

    def begin(outgoing):
        span = open_spans[id(outgoing)] = tracer.start_span(outgoing.operation)
        context = span.get_span_context()
        return {"traceparent": f"00-{context.trace_id:032x}-{context.span_id:016x}-01"}

    def end(answered):
        span = open_spans.pop(id(answered.request))
        span.set_attribute("http.response.status_code", answered.status)
        span.end()

    _, heard = get(hooks=Hooks(before_request=begin, after_response=end))
    (span,) = exporter.get_finished_spans()
    assert (span.name, dict(span.attributes)) == (
        "monitors.get_monitor_run",
        {"http.response.status_code": 200},
    )
    assert f"traceparent: 00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01".encode() in heard
    assert open_spans == {}
