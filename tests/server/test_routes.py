"""Each route: what it answers, and what it says to what it cannot use."""

from __future__ import annotations

import pytest

from tests.server.serving import FACE, Served, picture


def test_a_photo_is_read_and_nothing_is_kept(served: Served) -> None:
    answer = served.http.post("/api/v1/read", files={"photo": ("me.jpg", picture())})
    assert answer.status_code == 200
    read = answer.json()
    assert (read["width"], read["height"]) == (160, 120)
    (face,) = read["faces"]
    assert face["bbox_xyxy"] == list(FACE.bbox_xyxy)
    assert face["expression"] == "happy"
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert set(served.store.counts().values()) == {0}


def test_the_mirror_says_what_it_is(served: Served) -> None:
    about = served.http.get("/api/v1/about").json()
    assert about["limits"] == {
        "upload_bytes": 10485760,
        "upload_megapixels": 24,
        "frame_bytes": 262144,
        "frame_px": 1280,
    }
    assert "moods.corrected" in {field["name"] for field in about["stored_fields"]}
    assert about["model"]["name"] == "fake"
    assert served.http.get("/healthz").json() == {"status": "ok"}
    assert served.http.get("/readyz").json()["status"] == "ready"


def test_a_told_mood_is_remembered_corrected_and_forgotten(served: Served) -> None:
    told = served.http.post("/api/v1/moods", json={"expression": "sad", "note": "rain"})
    assert told.status_code == 201
    entry = told.json()
    assert (entry["expression"], entry["source"], entry["note"], entry["confidence"]) == ("sad", "manual", "rain", 1.0)
    assert entry["valence"] < 0
    one = f"/api/v1/moods/{entry['id']}"
    assert served.http.patch(one, json={"corrected": "neutral"}).json()["corrected"] == "neutral"
    assert served.http.patch(one, json={"note": None}).json() == entry | {"corrected": "neutral", "note": None}
    assert served.http.get("/api/v1/moods").json()["moods"][0]["corrected"] == "neutral"
    assert served.http.delete(one).status_code == 204
    assert served.http.delete(one).status_code == 404


def test_a_place_on_the_map_is_a_mood(served: Served) -> None:
    entry = served.http.post("/api/v1/moods", json={"valence": 0.25, "arousal": -0.5}).json()
    assert (entry["expression"], entry["valence"], entry["arousal"], entry["probabilities"]) == (None, 0.25, -0.5, {})


def test_history_comes_page_by_page(served: Served) -> None:
    for _ in range(5):
        served.http.post("/api/v1/moods", json={"expression": "happy"})
    seen: list[int] = []
    params: dict[str, int] = {"limit": 2}
    while True:
        page = served.http.get("/api/v1/moods", params=params).json()
        seen += [entry["id"] for entry in page["moods"]]
        if page["next_before_id"] is None:
            break
        params["before_id"] = page["next_before_id"]
    assert seen == [5, 4, 3, 2, 1]


def test_offers_come_on_four_shelves_with_reasons_and_links(served: Served) -> None:
    offers = served.http.post("/api/v1/offers", json={"expression": "sad", "seed": 1}).json()
    assert [shelf["kind"] for shelf in offers["shelves"]] == ["song", "film", "food", "activity"]
    assert (offers["lane"], offers["expression"]) == ("shift", "sad")
    for shelf in offers["shelves"]:
        assert len(shelf["offers"]) == 3
        for offer in shelf["offers"]:
            assert offer["reason"].endswith(".")
            assert offer["score"] == pytest.approx(sum(offer["terms"].values()))
            assert all(link["url"].startswith("https://") for link in offer["links"])


def test_a_place_alone_gets_offers_too(served: Served) -> None:
    asked = {"valence": -0.5, "arousal": 0.5, "lane": "match", "kinds": ["food", "song"], "n": 1}
    offers = served.http.post("/api/v1/offers", json=asked).json()
    assert [shelf["kind"] for shelf in offers["shelves"]] == ["song", "food"]


def test_never_is_never_offered_again_until_it_is_taken_back(served: Served) -> None:
    asked = {"expression": "sad", "kinds": ["song"], "n": 20, "seed": 3}
    first = served.http.post("/api/v1/offers", json=asked).json()["shelves"][0]["offers"][0]["item"]["id"]
    told = served.http.post("/api/v1/feedback", json={"item_id": first, "action": "never", "expression": "sad"})
    assert told.status_code == 201
    for seed in range(5):
        offers = served.http.post("/api/v1/offers", json=asked | {"seed": seed}).json()["shelves"][0]["offers"]
        assert first not in {offer["item"]["id"] for offer in offers}
    assert served.http.get("/api/v1/feedback").json()["feedback"][0]["action"] == "never"
    assert served.http.delete(f"/api/v1/feedback/{first}").status_code == 204
    assert served.http.delete(f"/api/v1/feedback/{first}").status_code == 404


def test_feedback_on_what_is_not_in_the_catalogue_is_refused(served: Served) -> None:
    assert served.http.post("/api/v1/feedback", json={"item_id": "song:none", "action": "like"}).status_code == 404


def test_a_filter_is_heeded_at_once_and_kept_when_only_the_theme_changes(served: Served) -> None:
    served.http.put("/api/v1/settings", json={"filters": {"diet": ["vegan"], "avoid_allergens": ["nuts"]}})
    changed = served.http.put("/api/v1/settings", json={"theme": "dark", "filters": {"max_cost": 1}}).json()
    assert changed["theme"] == "dark"
    assert changed["filters"]["diet"] == ["vegan"]
    assert changed["filters"]["max_cost"] == 1
    offers = served.http.post("/api/v1/offers", json={"expression": "happy", "kinds": ["food"], "n": 20}).json()
    for offer in offers["shelves"][0]["offers"]:
        assert "vegan" in offer["item"]["diet"]
        assert "nuts" not in offer["item"]["allergens"]


def test_a_lane_that_was_chosen_for_a_mood_sticks(served: Served) -> None:
    served.http.put("/api/v1/settings", json={"lanes": {"sad": "match"}})
    assert served.http.post("/api/v1/offers", json={"expression": "sad"}).json()["lane"] == "match"
    assert served.http.post("/api/v1/offers", json={"expression": "angry"}).json()["lane"] == "shift"


def test_the_catalogue_is_searched_by_every_word(served: Served) -> None:
    everything = served.http.get("/api/v1/catalog", params={"kind": "film", "limit": 2, "offset": 1}).json()
    assert len(everything["items"]) == 2
    film = everything["items"][0]
    found = served.http.get("/api/v1/catalog", params={"q": f"{film['title']} {film['creator']}".upper()}).json()
    assert film["id"] in {item["id"] for item in found["items"]}
    assert served.http.get("/api/v1/catalog", params={"q": "no such thing at all"}).json() == {"items": [], "total": 0}


def test_export_delete_import_brings_everything_back(served: Served) -> None:
    entry = served.http.post("/api/v1/moods", json={"expression": "sad", "note": "=cmd"}).json()
    served.http.put("/api/v1/settings", json={"theme": "dark"})
    song = served.http.get("/api/v1/catalog", params={"kind": "song"}).json()["items"][0]
    served.http.post("/api/v1/feedback", json={"item_id": song["id"], "action": "like"})
    answer = served.http.get("/api/v1/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    exported = answer.json()
    assert served.http.get("/api/v1/export/moods.csv").text.splitlines()[1].endswith("'=cmd")
    assert served.http.delete("/api/v1/data").json()["deleted"] == {
        "moods": 1,
        "feedback": 1,
        "settings": 1,
        "items": 0,
        "resting_faces": 0,
    }
    assert served.http.get("/api/v1/moods").json()["moods"] == []
    back = served.http.post("/api/v1/import", json=exported)
    assert back.json() == {"moods": 1, "feedback": 1, "items": 0, "resting_faces": 0}
    assert served.http.get("/api/v1/moods").json()["moods"] == [entry]
    assert served.http.get("/api/v1/settings").json()["theme"] == "dark"
    assert served.http.post("/api/v1/import", json=exported).json() == {
        "moods": 0,
        "feedback": 0,
        "items": 0,
        "resting_faces": 0,
    }


def test_an_imported_item_is_offered_like_any_other(served: Served) -> None:
    song = {"id": "song:own", "kind": "song", "title": "Our Own", "valence": 0.4, "energy": 0.1}
    export = served.http.get("/api/v1/export").json()
    export["items"] = [{"id": "song:own", "kind": "song", "hidden": False, "data": song}]
    assert served.http.post("/api/v1/import", json=export).json()["items"] == 1
    assert served.http.get("/api/v1/catalog", params={"q": "our own"}).json()["items"][0]["id"] == "song:own"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data["items"].append({"id": "song:x", "kind": "song", "hidden": False, "data": {"title": "no"}}),
        lambda data: data["settings"].update(theme="plaid"),
        lambda data: data.update(version=3),
        lambda data: data.update(moods=[{"id": 1}]),
    ],
)
def test_a_faulty_import_is_refused_whole(served: Served, spoil: object) -> None:
    export = served.http.get("/api/v1/export").json()
    assert callable(spoil)
    spoil(export)
    answer = served.http.post("/api/v1/import", json=export)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "DataError"
    assert set(served.store.counts().values()) == {0}


def test_old_moods_go_when_the_person_wants_them_gone(served: Served) -> None:
    from datetime import UTC, datetime, timedelta

    from moodmirror.types import Affect, Mood

    served.store.add_mood(Mood("sad", (), Affect(0, 0), 1.0, "manual"), datetime.now(UTC) - timedelta(days=40))
    served.http.put("/api/v1/settings", json={"keep_days": 30})
    assert served.http.get("/api/v1/moods").json()["moods"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/moods", {}),
        ("POST", "/api/v1/moods", {"expression": "bored"}),
        ("POST", "/api/v1/moods", {"valence": 1.0}),
        ("POST", "/api/v1/moods", {"valence": 7, "arousal": 0}),
        ("POST", "/api/v1/moods", {"expression": "sad", "note": "x" * 3000}),
        ("POST", "/api/v1/moods", {"expression": "sad", "note": "a\0b"}),
        ("POST", "/api/v1/moods", {"expression": "sad", "probabilities": {"sad": 1.0}}),
        ("POST", "/api/v1/offers", {"expression": "sad", "n": 0}),
        ("POST", "/api/v1/offers", {"expression": "sad", "lane": "sideways"}),
        ("PUT", "/api/v1/settings", {"filters": {"avoid_allergen": ["nuts"]}}),
        ("PUT", "/api/v1/settings", {"filters": {"avoid_allergens": ["moonlight"]}}),
        ("PUT", "/api/v1/settings", {"keep_days": 0}),
        ("PATCH", "/api/v1/moods/1", {"corrected": "bored"}),
        ("GET", "/api/v1/moods?since=yesterday", None),
        ("GET", "/api/v1/moods?since=0001-01-01T00:00:00%2B14:00", None),
        ("GET", "/api/v1/moods?limit=0", None),
        ("DELETE", "/api/v1/moods/zero", None),
    ],
)
def test_what_does_not_fit_is_named_in_one_form(served: Served, method: str, path: str, body: object) -> None:
    answer = served.http.request(method, path, json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["type"] == "ValidationError"
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"expression": "\\ud800"}', b"[" * 60_000, b"NaN"])
def test_rubbish_for_json_is_a_clear_refusal(served: Served, body: bytes) -> None:
    for path in ("/api/v1/moods", "/api/v1/import", "/api/v1/offers"):
        answer = served.http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}
        assert set(answer.json()["error"]) == {"type", "message"}


def test_an_unknown_address_says_so_in_the_same_form(served: Served) -> None:
    for method, path, status in (("GET", "/api/v1/none", 404), ("POST", "/api/v1/about", 405), ("GET", "/x/y", 404)):
        answer = served.http.request(method, path)
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"type", "message"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v1/moods", "GET, POST"),
        ("BREW", "/api/v1/moods", "GET, POST"),
        ("HEAD", "/api/v1/moods", "GET, POST"),
        ("GET", "/api/v1/moods/1", "PATCH, DELETE"),
        ("POST", "/api/v1/about", "GET"),
        ("PUT", "/api/v1/feedback/x", "DELETE"),
        ("POST", "/healthz", "GET"),
        ("POST", "/", "GET, HEAD"),
    ],
)
def test_a_405_names_what_the_address_takes(served: Served, method: str, path: str, allowed: str) -> None:
    answer = served.http.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        assert answer.json()["error"] == {"type": "MethodNotAllowed", "message": f"This address takes {allowed}."}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/v1/feedback/..%2f.."),
        ("DELETE", "/api/v1/none"),
        ("POST", "/api"),
        ("GET", "/api/"),
        ("GET", "/api/v1/moods/"),
        ("GET", "/api/v1/live"),
    ],
)
def test_an_unknown_address_of_the_api_is_not_found_whatever_the_method(served: Served, method: str, path: str) -> None:
    answer = served.http.request(method, path)
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "NotFound")


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("moods", b"{", "The body is not JSON (Expecting property name enclosed in double quotes, at character 1)"),
        ("moods", b"[]", "body: expected an object"),
        ("moods", b"", "body: must be given"),
        ("moods", b"{}", "body: give an expression, or valence and arousal"),
        ("moods", b'{"expression": "sad", "probabilities": 1}', "probabilities: expected an object"),
        ("moods", b'{"expression": "sad", "words": 1}', "words: there is no such field"),
        ("offers", b'{"expression": "sad", "kinds": "song"}', "kinds: expected a list"),
    ],
)
def test_what_does_not_fit_is_said_in_plain_words(served: Served, path: str, body: bytes, message: str) -> None:
    answer = served.http.post(f"/api/v1/{path}", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, message)


def test_the_reference_lists_every_operation_and_loads_nothing_from_elsewhere(served: Served) -> None:
    description = served.http.get("/openapi.json").json()
    page = served.http.get("/docs").text
    for path, methods in description["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page
    assert "http://" not in page
    assert "https://" not in page
    assert served.http.get("/docs/style.css").headers["content-type"].startswith("text/css")
