"""deploy/Caddyfile in front of a running hub: TLS with a certificate of Caddy's own authority, on ports of loopback."""

from __future__ import annotations

import http.client
import os
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.grading import mini
from tests.hub.pages.conftest import Browser
from tests.hub.place import CP01, ROOT, Hub
from tests.hub.test_browser import HOME
from tests.needs import missing
from tito.exchange.client import Client
from tito.hub.names import PREFIX
from tito.hub.running import PATIENCE, free_ports, started
from tito.notebooks.bundle import pack

pytestmark = pytest.mark.slow
FILE = ROOT / "deploy" / "Caddyfile"


@pytest.fixture(scope="session")
def caddy() -> str:
    """The program. A machine without it skips these tests; CI brings Debian's."""
    local = ROOT / ".cache" / "caddy" / "usr" / "bin" / "caddy"
    found = str(local) if local.is_file() else shutil.which("caddy")
    if found is None:
        missing("Caddy: apt-get install caddy")
    return found


@dataclass
class Front:
    """A running Caddy."""

    http_port: int
    https_port: int
    authority: Path

    @property
    def url(self) -> str:
        return f"https://localhost:{self.https_port}"

    def context(self) -> ssl.SSLContext:
        """Believes Caddy's own authority and nobody else."""
        return ssl.create_default_context(cafile=str(self.authority))

    def browser(self) -> Browser:
        made = Browser(self.url)
        made._cookies = CookieJar()
        made._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=self.context()), urllib.request.HTTPCookieProcessor(made._cookies)
        )
        return made


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "TITO_DOMAIN": "localhost",
        **more,
    }


@pytest.fixture(scope="module")
def front(caddy: str, hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("caddy")
    ports = free_ports(2)
    authority = folder / "data" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    made = Front(*ports, authority)
    settings = environment(
        folder,
        TITO_HTTP_PORT=str(ports[0]),
        TITO_HTTPS_PORT=str(ports[1]),
        TITO_UPSTREAM=f"127.0.0.1:{hub.ports.port}",
    )
    command = [caddy, "run", "--config", str(FILE), "--adapter", "caddyfile"]
    with started("Caddy", command, folder / "log", cwd=folder, environment=settings) as child:
        child.until(lambda: _serves(made), "the site")
        yield made


def _serves(front: Front) -> bool:
    try:
        return front.browser().get(f"{PREFIX}health").status == 200
    except OSError:  # not yet: no authority, no certificate, nobody who listens
        return False


def test_the_file_is_valid_with_nothing_set_but_the_domain(caddy: str, tmp_path: Path) -> None:
    command = [caddy, "adapt", "--config", FILE, "--adapter", "caddyfile", "--validate"]
    settings = environment(tmp_path, TITO_DOMAIN="hub.example.edu")
    run = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for said in ('"dial":"hub:8000"', '":443"', "hub.example.edu"):
        assert said in run.stdout, said


def test_a_student_logs_in_and_sees_their_page_over_tls(front: Front, hub: Hub) -> None:
    student = hub.student()
    browser = front.browser()
    form = browser.get(f"{HOME}/")
    assert form.url.startswith(f"{front.url}/hub/login?"), form.url
    fields = {"username": student.name, "password": hub.password, "_xsrf": form.xsrf}
    first = browser.post(form.url.removeprefix(front.url), fields)
    assert (first.status, first.url) == (200, f"{front.url}{HOME}/my")
    assert first.headers["Strict-Transport-Security"] == "max-age=31536000"
    kept = {cookie.name: cookie.secure for cookie in browser._cookies}
    assert kept["jupyterhub-hub-login"] is True
    assert kept["service-tito"] is True


def test_the_exchange_submits_over_tls(front: Front, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    student = hub.student()
    client = Client(f"{front.url}{PREFIX}", student.token)
    with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
        client._once("GET", "assignments", b"", {}, 1000)
    monkeypatch.setenv("SSL_CERT_FILE", str(front.authority))
    assert client.get("assignments")["assignments"]
    receipt = client.send("POST", f"assignments/{CP01}/submissions", pack(mini.handin(mini.CP01)))
    assert (receipt["student"], receipt["attempt"]) == (student.name, 1)


def test_without_tls_one_is_sent_to_tls(front: Front) -> None:
    connection = http.client.HTTPConnection("localhost", front.http_port, timeout=PATIENCE)
    try:
        connection.request("GET", "/hub/login")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (308, "https://localhost/hub/login")
    finally:
        connection.close()
