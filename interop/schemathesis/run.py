"""Points schemathesis at the real program, once a schema, and a validator at what the program says of itself.

usage: run.py PROGRAM    with the Python of the packages that requirements.txt pins

For each schema: `hallpass serve` with a database of its own in a temporary folder, a person and a session written into it,
the document validated, schemathesis for a bounded time with a fixed seed. What it finds ends the run with its words, and so does a
server that hangs: the whole takes RUN_SECONDS at most.
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from openapi_spec_validator import OpenAPIV31SpecValidator

import circles

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent

# Each with what schemathesis does, and whether circles are cut out of the document before (`circles.py`). The larger one is tried with
# a few requests an operation that are to be taken.
SCHEMAS = [
    (ROOT / "examples/todos/schema.zmodel", ["--phases", "coverage,fuzzing", "--max-time", "60"], False),
    (HERE / "everything.zmodel", ["--phases", "fuzzing", "--mode", "positive", "--max-examples", "3"], True),
]
START_SECONDS = 60
STOP_SECONDS = 20
# Many times what it takes, also on a busy machine.
RUN_SECONDS = 600
TOKEN = "a-session-of-ann"
COOKIE = f"authjs.session-token={TOKEN}"


class TooLong(Exception):
    """Something takes longer than it may."""


def main(program):
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(RUN_SECONDS)
    try:
        judge_all(program)
    except TooLong as error:
        sys.exit(f"{error}, while {doing}: does it hang?")


def too_long(*_):
    raise TooLong(f"hallpass was not done within {RUN_SECONDS} seconds")


# For people who wonder what takes so long.
doing = "starting"


def begin(what):
    global doing
    doing = what


def judge_all(program):
    found = [name for name in map(lambda row: judge(program, *row), SCHEMAS) if name]
    if found:
        sys.exit(f"schemathesis found something with {', '.join(found)}")


def judge(program, schema, options, is_cut):
    """The name of the schema, where something is wrong."""
    print(f"--- {schema.relative_to(ROOT)}", flush=True)
    begin(f"it started with {schema.name}")
    with tempfile.TemporaryDirectory() as folder, served(program, schema, folder) as url:
        sign_in(pathlib.Path(folder) / "data.db")
        add_rows(url)
        begin(f"the document of {schema.name} was read")
        document = json.loads(ask(f"{url}/api/openapi.json"))
        OpenAPIV31SpecValidator(document).validate()
        print(f"valid OpenAPI: {len(document['paths'])} paths", flush=True)
        if "<!DOCTYPE html>" not in ask(f"{url}/api/docs"):
            return schema.name
        begin(f"schemathesis tried {schema.name}")
        tries = pathlib.Path(folder) / "openapi.json"
        tries.write_text(json.dumps(circles.cut(document, 0) if is_cut else document))
        return None if tried(url, tries, options) else schema.name


@contextlib.contextmanager
def served(program, schema, folder):
    """The program on a free port, until it is not needed any more."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "AUTH_SECRET": "only-for-tests-only-for-tests-only-for-tests",
        "DATABASE_URL": f"sqlite:{folder}/data.db",
        "HALLPASS_SCHEMA": str(schema),
        "HALLPASS_APP": "none",
        "HALLPASS_API_DOCS": "open",
        "HALLPASS_SESSIONS_AT_REST": "clear",
        "AUTH_SESSION_STRATEGY": "database",
        "PORT": "0",
    }
    with open(f"{folder}/log", "w+") as log:
        running = subprocess.Popen(
            [program, "serve"], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            yield address(running, f"{folder}/log")
        finally:
            stop(running)
            log.seek(0)
            errors = [line for line in log if "ERROR" in line]
            print("".join(errors[:20]), end="", flush=True)


def stop(running):
    """Ends the program, also one that does not listen, which is a mistake of its own."""
    running.send_signal(signal.SIGTERM)
    try:
        running.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
        raise TooLong(f"hallpass did not stop within {STOP_SECONDS} seconds") from None


def address(running, log):
    """Where it listens, as it says."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and running.poll() is None:
        said = re.search(r"listens on (http://\S+)", pathlib.Path(log).read_text())
        if said:
            return said[1].rstrip("/")
        time.sleep(0.05)
    sys.exit(f"hallpass did not start:\n{pathlib.Path(log).read_text()}")


def sign_in(database):
    """A person, and a session of hers that lasts."""
    with contextlib.closing(sqlite3.connect(database, timeout=20)) as tables:
        tables.execute("INSERT INTO User (id, name, email) VALUES ('ann', 'Ann', 'ann@example.com')")
        tables.execute(
            "INSERT INTO Session (sessionToken, userId, expires) VALUES (?, 'ann', '2099-01-01T00:00:00.000Z')",
            [TOKEN],
        )
        tables.commit()


# What can be read and changed, as RPC calls; those of models that a schema does not have are refused.
ROWS = [
    ("todo", {"content": "milk"}),
    ("shelf", {"room": "hall", "place": 1, "title": "By the door"}),
    ("label", {"name": "old"}),
    ("thing", {"name": "chair", "price": "12.50", "data": {"legs": [1, 2, 3, 4]}, "made": "2020-01-31T12:00:00Z"}),
    ("thing", {"name": "lamp", "heavy": True, "size": {"width": 1, "height": 2, "notes": []}}),
    ("note", {"text": "wobbles", "thing": {"connect": {"id": 1}}}),
    ("film", {"title": "A film", "minutes": 90}),
    ("song", {"title": "A song"}),
]


def add_rows(url):
    for model, data in ROWS:
        body = json.dumps({"data": data}).encode()
        with contextlib.suppress(urllib.error.HTTPError):
            ask(f"{url}/api/model/{model}/create", body)


def ask(url, body=None):
    headers = {"Cookie": COOKIE, "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def tried(url, document, options):
    """Whether schemathesis finds nothing."""
    command = [
        str(pathlib.Path(sys.executable).parent / "st"),
        "--config-file", str(HERE / "schemathesis.toml"),
        "run", str(document), "--url", url,
        "--header", f"Cookie: {COOKIE}",
        *options,
    ]
    return subprocess.run(command, cwd=HERE).returncode == 0


if __name__ == "__main__":
    main(sys.argv[1])
