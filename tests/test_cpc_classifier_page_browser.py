"""The page, in Chromium: what it shows for texts, files and every error, wide and narrow."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page, chromium
from selenium.webdriver.common.keys import Keys
from serving import Server
from tiny_bundle import build_tiny_bundle

pytestmark = pytest.mark.browser

MARKUP = "<img src=x onerror=\"document.title='broken'\"><b>bold</b>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    bundle = build_tiny_bundle(tmp_path_factory.mktemp("model") / "tiny")
    limits = {"CPC_MAX_BODY_MB": "1", "CPC_MAX_FILINGS": "20"}
    with Server(tmp_path_factory.mktemp("serve"), bundle, limits) as running:
        yield running


@pytest.fixture(scope="module")
def browser_page(server: Server) -> Iterator[Page]:
    with chromium() as browser:
        yield Page(browser, server.url)


@pytest.fixture
def page(browser_page: Page) -> Page:
    browser_page.open()
    browser_page.problems()
    return browser_page


def file_of(folder: Path, name: str, content: bytes | str) -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_a_text_gives_paths_with_a_score_at_every_step(page: Page) -> None:
    page.write(title="Lithium battery", abstract="A solid electrolyte.")
    page.choose("threshold", "0")
    page.submit()
    assert page.texts(".path:first-child .symbol") == ["H", "H01", "H01M", "H01M10/00"]
    scores = [float(text) for text in page.texts(".path:first-child .score")]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert all(page.texts(".path:first-child .step:not(.last) .label"))
    assert page(".badge").text in ("assign", "review")
    assert page(".reason").text
    assert len(page.all(".path")) == 5
    assert page.problems() == []


def test_the_keyboard_is_enough(page: Page) -> None:
    page("#abstract").send_keys("A plough")
    page("#abstract").send_keys(Keys.CONTROL, Keys.ENTER)
    page.until(lambda: page.all(".path"))
    assert page.texts(".symbol")[0] == "A"
    assert page.browser.switch_to.active_element.get_attribute("id") == "results"


def test_every_field_has_a_label(page: Page) -> None:
    for field in page.all("input, textarea, select"):
        name = field.get_attribute("id")
        assert page(f"label[for='{name}']").text, name


def test_level_limit_and_threshold(page: Page) -> None:
    page.write(title="Lithium battery")
    page.choose("level", "class")
    page.choose("threshold", "0")
    page("#limit").send_keys("3")
    page.submit()
    assert page.texts(".last .symbol")[0] == "H01"
    assert len(page.all(".path")) == 3
    page.choose("threshold", "0.5")
    page.submit()
    assert page.texts(".last .symbol") == ["H01"]


def test_labels_in_korean(page: Page) -> None:
    page.write(title="Lithium battery")
    page.submit()
    english = page.texts(".label")[0]
    page("[data-language='ko']").click()
    korean = page.texts(".label")[0]
    assert korean != english
    assert any("\uac00" <= letter <= "\ud7a3" for letter in korean)
    assert page("[data-language='ko']").get_attribute("aria-pressed") == "true"


def test_a_file_of_several_filings(page: Page, tmp_path: Path) -> None:
    filings = [
        {"id": MARKUP, "title": "Lithium battery"},
        {"id": "US2", "title": ""},
        {"id": "US3", "title": "Fish pond"},
    ]
    content = "\n".join(json.dumps(filing) for filing in filings)
    page("#file").send_keys(file_of(tmp_path, "f.jsonl", content))
    assert "f.jsonl" in page("#chosen").text
    assert not page("#title").is_enabled()
    page.submit()
    # What was sent is shown as text: no image and no bold is made of it.
    assert page.texts(".id") == [MARKUP, "US2", "US3"]
    assert page.all("#list img, #list b") == []
    assert page.browser.title == "CPC suggestions"
    assert "3 filings" in page("#state").text
    assert "1 not read" in page("#state").text
    page.all(".filing > summary")[1].click()
    page.until(lambda: page.all(".filing .error"))
    page.all(".filing > summary")[2].click()
    page.until(lambda: "A01K61/00" in page.texts(".last .symbol"))
    page("#remove").click()
    assert page("#title").is_enabled()


def test_a_dropped_file_is_taken(page: Page) -> None:
    page.browser.execute_script(
        """
        const data = new DataTransfer();
        data.items.add(new File(['{"id": "D1", "title": "Fish pond"}'], "drop.jsonl"));
        document.getElementById("drop").dispatchEvent(
          new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        """
    )
    assert "drop.jsonl" in page("#chosen").text
    page.submit()
    assert page.texts(".id") == ["D1"]


def test_empty_text_is_told_without_a_request(page: Page) -> None:
    page.submit()
    assert "no text" in page.error
    page.write(title="   ")
    page.submit()
    assert "no text" in page.error
    page.write(title="Fish pond")
    page.submit()
    assert page.error == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"%PDF-1.7 \x00\x01", "USPTO grants"),
        ("a.xml", b"<us-patent-application><abstract>", "a.xml"),
        ("a.jsonl", b"", "empty"),
        ("big.xml", b" " * (2**20 + 1), "1 MiB"),
        ("many.jsonl", b'{"title": "a"}\n' * 21, "20"),
    ],
)
def test_a_file_that_is_refused(
    page: Page, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    page("#file").send_keys(file_of(tmp_path, name, content))
    page.submit()
    page.until(lambda: page.error)
    assert said in page.error
    assert page.all(".path") == []
    assert page.problems() == []


def test_a_full_queue_is_told(page: Page) -> None:
    # The service's own 429 is tested elsewhere; here, what the page makes of one.
    page.browser.execute_script(
        """
        const error = { code: "overloaded", message: "the queue is full.", detail: {} };
        const body = { error };
        window.fetch = async () => new Response(JSON.stringify(body),
          { status: 429, headers: { "Retry-After": "7" } });
        """
    )
    page.write(title="Fish pond")
    page.submit()
    page.until(lambda: page.error)
    assert "busy" in page.error
    assert "7 s" in page.error


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_the_window(page: Page, width: int) -> None:
    page.open(width)
    assert not page.overflows()
    page.write(title="Lithium battery", abstract="remark vehicle housing separator")
    page.choose("threshold", "0")
    page.submit()
    assert page.all(".path")
    assert not page.overflows()
    for row in page.all(".step"):
        inside = {
            child.rect["x"] + child.rect["width"]
            for child in row.find_elements("css selector", "*")
        }
        assert max(inside) <= width
    page.browser.get(f"{page.url}/docs")
    assert not page.overflows()


def test_nothing_is_kept_and_nothing_else_is_asked(page: Page) -> None:
    page.write(title="Lithium battery")
    page.submit()
    kept = page.browser.execute_script(
        "return [localStorage.length, sessionStorage.length, document.cookie]"
    )
    assert kept == [0, 0, ""]
    logged = page.browser.get_log("performance")  # type: ignore[no-untyped-call]
    sent = [json.loads(entry["message"])["message"] for entry in logged]
    urls = [
        m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent"
    ]
    assert urls
    assert all(url.startswith(page.url) for url in urls)


def test_a_service_that_is_gone(page: Page, server: Server) -> None:
    page.write(title="Fish pond")
    server.stop(signal.SIGTERM)
    page.submit()
    page.until(lambda: page.error)
    assert "does not answer" in page.error
