"""The API as a page to read, made from its OpenAPI description, with nothing loaded from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

router = APIRouter(include_in_schema=False)

STYLE: Final = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1f2937; background: #e6ebf2 }
section { border: 1px solid #6b7789; border-radius: .75rem; padding: 1rem; margin: 1rem 0 }
h2 { font-size: 1rem; margin: 0 } code, pre { font-family: ui-monospace, monospace; overflow-x: auto }
td, th { text-align: left; padding: .15rem .75rem .15rem 0; vertical-align: top } a { color: #3949ab }
@media (prefers-color-scheme: dark) {
  body { color: #eef1f6; background: #23272f } a { color: #9fa8ff } section { border-color: #7d8798 }
}
"""


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Every operation with its parameters, bodies and answers."""
    return HTMLResponse(render(request.app.openapi()))


@router.get("/docs/style.css")
def style() -> Response:
    """The page's looks; a file of its own, for the policy allows no inline style."""
    return Response(STYLE, media_type="text/css", headers={"Cache-Control": "no-cache"})


def render(description: dict[str, Any]) -> str:
    """An OpenAPI description as HTML.

    >>> "<code>GET /x</code>" in render({"info": {"title": "T", "version": "1"}, "paths": {"/x": {"get": {}}}})
    True
    """
    info = description["info"]
    operations = "".join(
        _operation(f"{method.upper()} {path}", operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    )
    schemas = "".join(_schema(name, schema) for name, schema in _schemas(description).items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}: API</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs/style.css"></head><body><main>'
        f"<h1>{escape(info['title'])} {escape(info['version'])}: API</h1><p>{escape(info.get('description', ''))}</p>"
        f'<p><a href="/openapi.json">openapi.json</a></p>{operations}<h1>Schemas</h1>{schemas}</main></body></html>'
    )


def _schemas(description: dict[str, Any]) -> dict[str, Any]:
    return dict(description.get("components", {}).get("schemas", {}))


def _operation(title: str, operation: dict[str, Any]) -> str:
    rows = [
        (f"{parameter['in']}: {parameter['name']}", _type(parameter.get("schema", {})))
        for parameter in operation.get("parameters", [])
    ]
    rows += [(f"body: {kind}", _type(body.get("schema", {}))) for kind, body in _content(operation.get("requestBody"))]
    for status, answer in operation.get("responses", {}).items():
        kinds = ", ".join(_type(body.get("schema", {})) for _, body in _content(answer))
        rows.append((f"answer {status}", kinds or escape(answer.get("description", ""))))
    text = escape(operation.get("description", operation.get("summary", "")))
    return f"<section><h2><code>{escape(title)}</code></h2><p>{text}</p>{_table(rows)}</section>"


def _content(holder: dict[str, Any] | None) -> list[tuple[str, dict[str, Any]]]:
    return list((holder or {}).get("content", {}).items())


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = [(field, _type(kind)) for field, kind in schema.get("properties", {}).items()]
    text = escape(schema.get("description", ""))
    return f'<section id="{escape(name)}"><h2>{escape(name)}</h2><p>{text}</p>{_table(rows)}</section>'


def _table(rows: list[tuple[str, str]]) -> str:
    return "<table>" + "".join(f"<tr><th>{escape(name)}</th><td>{kind}</td></tr>" for name, kind in rows) + "</table>"


def _type(schema: dict[str, Any]) -> str:
    """HTML of a JSON schema's type; a named one is a link."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(_type(option) for option in schema[word])
    if "enum" in schema:
        return escape(" | ".join(str(value) for value in schema["enum"]))
    if "const" in schema:
        return escape(str(schema["const"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    bounds = [f"{word} {schema[word]}" for word in ("minimum", "maximum", "maxLength", "format") if word in schema]
    return escape(" ".join([str(schema.get("type", "any")), *bounds]))
