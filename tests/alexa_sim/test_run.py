"""Tests of ``run``: unmodified clients in separate processes, redirected to the simulation."""

import base64
from collections.abc import Callable
from hashlib import sha256
import json
import os
from pathlib import Path
import shlex
import shutil
import signal
import subprocess
import sys
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
import pytest

from alexa_sim.hosts import HOSTS, MARKETPLACES
from alexa_sim.run import client_environment

from .conftest import TOY

ROOT = Path(__file__).resolve().parents[2]
NEWER = ROOT / ".cache/envs/hass/bin/python"
"""Interpreter with the newest Home Assistant, if ``scripts/setup`` has created it."""

PYTHONS = [
    pytest.param(sys.executable, "httpx", id="this"),
    pytest.param(
        *(str(NEWER), "httpx2"),
        id="newest",
        marks=pytest.mark.skipif(not NEWER.exists(), reason="no such environment"),
    ),
]

pytestmark = pytest.mark.usefixtures("socket_enabled")


def run(
    *command: str, options: tuple[str, ...] = (), environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command against the toy cloud."""
    return subprocess.run(
        [sys.executable, "-m", TOY, "run", *options, "--", *command],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        text=True,
        capture_output=True,
        timeout=110,
        check=False,
    )


def answers(python: str, code: str, environment: dict[str, str] | None = None) -> Any:
    """Return the JSON that a Python client printed."""
    done = run(python, "-c", code, environment=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_exit_code_and_the_output_are_those_of_the_command() -> None:
    done = run("sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")
    assert run("sh", "-c", "kill -USR1 $$").returncode == 128 + signal.SIGUSR1
    done = run("/nonexistent/program")
    assert (done.returncode, done.stderr) == (
        127,
        "alexa_sim: /nonexistent/program cannot be run: No such file or directory.\n",
    )


def test_signals_are_passed_on() -> None:
    code = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(9)); "
        # many short sleeps, because a signal just before a single long sleep would not end it
        "print('up', flush=True); [time.sleep(0.05) for _ in range(600)]"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", TOY, "run", "--", sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 9
    finally:
        process.kill()
        process.communicate()


def test_the_environment_is_available_without_running_a_command() -> None:
    environment = client_environment(1234, "/ca.pem", "http://127.0.0.1:1", {"all_proxy": "x", "A": "b"})
    assert environment["ALEXA_SIM_PORT"] == "1234"
    assert environment["A"] == "b"
    assert "all_proxy" not in environment


def test_the_environment_of_the_command(tmp_path: Path, subtests: pytest.Subtests) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.mine = True\n")
    code = (
        "import builtins, json, os, sys; print(json.dumps([dict(os.environ), builtins.mine, "
        "sys.modules['sitecustomize'].__file__, "
        "sorted({name.partition('.')[0] for name in sys.modules} & {'httpx', 'httpx2', 'alexapy', 'aiohttp', 'anyio', "
        "'homeassistant', 'socket'}), "
        "[p for p in sys.path if p.endswith('site')]]))"
    )
    given = {"HTTPS_PROXY": "http://127.0.0.1:1", "PYTHONPATH": str(tmp_path)}
    environment, mine, file, early, path = answers(sys.executable, code, given)
    with subtests.test("it names the simulation, and has no proxy"):
        assert "HTTPS_PROXY" not in environment
        assert environment["ALEXA_SIM_CONTROL"].startswith("http://127.0.0.1:")
        assert environment["ALEXA_SIM_PORT"].isdecimal()
        assert environment["ALEXA_SIM_CA"] == environment["NODE_EXTRA_CA_CERTS"]
        assert environment["PYTHONPATH"].endswith(f":{tmp_path}")
        assert "--require" in environment["NODE_OPTIONS"]
    with subtests.test("nothing of the client is imported early, and its own sitecustomize is kept"):
        assert (mine, file, early) == (True, str(tmp_path / "sitecustomize.py"), [])
        assert len(path) == 1


AIOHTTP = """
import asyncio, json, ssl, certifi, aiohttp
from aiohttp.resolver import AsyncResolver, ThreadedResolver
async def get(url, **options):
    connector = aiohttp.TCPConnector(**options)
    async with aiohttp.ClientSession(connector=connector) as session:
        try:
            async with session.get(url) as answer:
                return (await answer.json())["host"]
        except aiohttp.ClientError as err:
            return str(err)
async def main():
    early = ssl.create_default_context(cafile=certifi.where())
    print(json.dumps([
        await get("https://alexa.amazon.de/elsewhere"),
        await get("https://alexa.amazon.de/echo/x", resolver=AsyncResolver(), ssl=early),
        await get("https://alexa.amazon.de/echo/x", resolver=ThreadedResolver()),
        await get("https://example.org/"),
        await get("https://example.org/", resolver=ThreadedResolver()),
        await get("https://192.0.2.1/"),
    ]))
asyncio.run(main())
"""


def check_aiohttp(answer: Any) -> None:
    """Check that requests are redirected or refused."""
    *good, by_name, by_name_too, by_address = answer
    assert good == ["www.amazon.de", "alexa.amazon.de", "alexa.amazon.de"]
    for refused in (by_name, by_name_too):
        assert "example.org is neither a simulated Amazon host nor loopback: refused" in refused
    assert "192.0.2.1 is neither a simulated Amazon host nor loopback: refused" in by_address


HTTPX = """
import asyncio, json, sys
httpx = __import__(sys.argv[1])
async def main():
    out = []
    for http2 in (True, False):
        async with httpx.AsyncClient(http2=http2) as client:
            answer = await client.get("https://api.amazonalexa.com/echo/x")
            out.append([answer.http_version, answer.json()["host"]])
            for url in ("https://example.org/", "https://192.0.2.1/"):
                try:
                    await client.get(url)
                except httpx.ConnectError as err:
                    out.append(str(err))
    out.append(httpx.get("https://alexa.amazon.de/static").status_code)
    print(json.dumps(out))
asyncio.run(main())
"""


def check_httpx(answer: Any) -> None:
    """Check that requests are redirected or refused."""
    refused = [
        f"[Errno 111] alexa_sim: {host} is neither a simulated Amazon host nor loopback: refused"
        for host in ("example.org", "192.0.2.1")
    ]
    host = "api.amazonalexa.com"
    assert answer == [["HTTP/2", host], *refused, ["HTTP/1.1", host], *refused, 200]


STANDARD_LIBRARY = """
import asyncio, json, os, socket, ssl, urllib.request
out = [urllib.request.urlopen("https://alexa.amazon.com/static").status]
out.append(urllib.request.urlopen(os.environ["ALEXA_SIM_CONTROL"] + "/errors").read().decode())
for attempt in (
    lambda: urllib.request.urlopen("https://example.org/"),
    lambda: socket.gethostbyname("example.org"),
    lambda: socket.create_connection(("192.0.2.1", 443), 1),
    lambda: socket.socket().connect_ex(("192.0.2.1", 443)),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
):
    try:
        attempt()
        out.append("went out")
    except OSError as err:
        out.append("refused" if "nor loopback: refused" in str(err) else str(err))
out.append(socket.gethostbyname("alexa.amazon.com"))
out.append(socket.gethostbyname("localhost"))
async def main():
    reader, writer = await asyncio.open_connection("alexa.amazon.com", 443, ssl=ssl.create_default_context())
    out.append(writer.get_extra_info("peername")[1] == int(os.environ["ALEXA_SIM_PORT"]))
    writer.close()
asyncio.run(main())
try:
    import requests
    out.append(requests.get("https://alexa.amazon.com/static").status_code)
except ImportError:
    out.append(200)
print(json.dumps(out))
"""


def check_standard_library(answer: Any) -> None:
    """Check that the standard library and requests are redirected or refused."""
    assert answer == [200, "[]", *["refused"] * 5, "127.0.0.1", "127.0.0.1", True, 200]


AIODNS = """
import asyncio, json, aiodns
async def main():
    try:
        await aiodns.DNSResolver().getaddrinfo("example.org", port=443)
    except aiodns.error.DNSError as err:
        print(json.dumps(str(err)))
asyncio.run(main())
"""


def check_aiodns(answer: Any) -> None:
    """Check that no name server is asked."""
    assert "example.org is neither" in answer


@pytest.mark.parametrize(("python", "httpx"), PYTHONS)
def test_python_clients_are_redirected_or_refused(python: str, httpx: str, subtests: pytest.Subtests) -> None:
    """Each client is a process, and one simulation serves them all."""
    clients: dict[str, tuple[str, Callable[[Any], None]]] = {
        "aiohttp": (AIOHTTP, check_aiohttp),
        httpx: (HTTPX, check_httpx),
        "standard library and requests": (STANDARD_LIBRARY, check_standard_library),
        "aiodns": (AIODNS, check_aiodns),
    }
    programs = [shlex.join([python, "-c", code, name]) for name, (code, _) in clients.items()]
    done = run("sh", "-c", "; ".join(f"{program} || echo null" for program in programs))
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()
    for answer, (name, (_, check)) in zip(printed, clients.items(), strict=True):
        with subtests.test(name):
            assert answer != "null", done.stderr
            check(json.loads(answer))


COMPONENT = """
import json, pathlib, sys
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.httpx_client import get_async_client
from homeassistant.util.ssl import SSL_ALPN_HTTP11_HTTP2, client_context

async def async_setup(hass, config):
    async def probe(event):
        httpx, out = sys.modules["httpx"], []
        session = async_create_clientsession(hass)
        async with session.get("https://alexa.amazon.de/elsewhere") as answer:
            out.append((await answer.json())["host"])
        context = client_context(alpn_protocols=SSL_ALPN_HTTP11_HTTP2)
        async with httpx.AsyncClient(http2=True, verify=context) as client:
            answer = await client.get("https://api.amazonalexa.com/echo/x")
            out += [httpx.__name__, answer.http_version, answer.json()["host"]]
        out.append((await get_async_client(hass).get("https://alexa.amazon.com/static")).status_code)
        try:
            async with session.get("https://example.org/") as answer:
                out.append(answer.status)
        except OSError as err:
            out.append("refused" if "example.org is neither" in str(err) else str(err))
        file = pathlib.Path(hass.config.path("out.json"))
        await hass.async_add_executor_job(file.write_text, json.dumps(out))
        hass.async_create_task(hass.async_stop())
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STARTED, probe)
    return True
"""


@pytest.mark.skipif(not NEWER.exists(), reason="no such environment")
def test_the_newest_home_assistant_is_redirected_unmodified(tmp_path: Path) -> None:
    component = tmp_path / "custom_components" / "probe"
    component.mkdir(parents=True)
    (component / "__init__.py").write_text(COMPONENT)
    manifest = {"domain": "probe", "name": "Probe", "version": "1", "codeowners": [], "requirements": []}
    (component / "manifest.json").write_text(json.dumps(manifest | {"documentation": "https://example.org"}))
    (tmp_path / "configuration.yaml").write_text("probe:\n")
    hass = shlex.join([str(NEWER), "-m", "homeassistant", "-c", str(tmp_path), "--skip-pip"])
    done = run("sh", "-c", f"cd {shlex.quote(str(tmp_path))} && exec {hass}")
    assert done.returncode == 0, done.stderr[-2000:]
    expected = ["www.amazon.de", "httpx2", "HTTP/2", "api.amazonalexa.com", 200, "refused"]
    assert json.loads((tmp_path / "out.json").read_text()) == expected
    assert "blocking call" not in done.stderr


NODE = """
const https = require("node:https"), http2 = require("node:http2"), dns = require("node:dns");
const told = (error) => String(error.cause || error).includes("nor loopback: refused") ? "refused" : String(error);
const get = (url) => new Promise((ok) => https.get(url, (answer) => {
  answer.resume(); answer.on("end", () => ok(answer.statusCode)); }).on("error", (error) => ok(told(error))));
const h2 = (origin) => new Promise((ok) => {
  const session = http2.connect(origin); session.on("error", (error) => ok(told(error)));
  const request = session.request({":path": "/echo/x"}); let body = "";
  request.on("error", () => {}); request.on("data", (data) => body += data);
  request.on("end", () => { session.close(); if (body) ok(JSON.parse(body).http_version); }); request.end(); });
(async () => {
  const hosts = JSON.parse(process.argv[1]);
  const addresses = new Set((await Promise.all(hosts.map((host) => dns.promises.lookup(host)))).map((a) => a.address));
  console.log(JSON.stringify([
    await get("https://alexa.amazon.de/echo/a"), await get("https://example.org/"), await get("https://192.0.2.1/"),
    (await (await fetch("https://alexa.amazon.de/elsewhere")).json()).host,
    await fetch("https://example.org/").catch(told), await h2("https://api.amazonalexa.com"),
    await h2("https://example.org"), await dns.promises.lookup("example.org").catch(told),
    await dns.promises.resolve4("example.org").catch(told), [...addresses],
    (await fetch(process.env.ALEXA_SIM_CONTROL + "/errors")).status,
  ]));
})();
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node")
def test_node_is_redirected_or_refused() -> None:
    hosts = [*MARKETPLACES, *(f"alexa.{domain}" for domain in MARKETPLACES), *HOSTS]
    done = run("node", "-e", NODE, json.dumps(hosts))
    assert done.returncode == 0, done.stderr
    refused = "refused"
    expected: list[Any] = [200, refused, refused, "www.amazon.de", refused, "2", refused, refused, refused]
    assert json.loads(done.stdout) == [*expected, ["127.0.0.1"], 200]


def test_the_arguments_for_chromium_match_the_server() -> None:
    code = (
        "import json, os, socket, ssl; context = ssl.create_default_context(); name = 'alexa.amazon.com'; "
        "tls = context.wrap_socket(socket.create_connection((name, 443)), server_hostname=name); "
        "print(json.dumps([tls.getpeercert(True).hex(), os.environ['ALEXA_SIM_PORT'], "
        "json.loads(os.environ['ALEXA_SIM_CHROMIUM_ARGS'])]))"
    )
    done = run(sys.executable, "-c", code, options=("--print-chromium-args",))
    assert done.returncode == 0, done.stderr
    printed, answer = done.stdout.splitlines()
    rules, spki = shlex.split(printed)
    certificate, port, arguments = json.loads(answer)
    assert arguments == [rules, spki]
    assert f"MAP *.amazon.co.uk:443 127.0.0.1:{port}" in rules
    assert "MAP * ~NOTFOUND" in rules
    key = x509.load_der_x509_certificate(bytes.fromhex(certificate)).public_key()
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    assert base64.b64encode(digest).decode() in spki
