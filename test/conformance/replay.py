#!/usr/bin/env python3
"""Runs a suite of requests against a TorchServe-compatible server and records or checks what it answers.

    replay.py record SUITE...     run the suites and write golden/SUITE.json
    replay.py check  SUITE...     run the suites and compare with golden/SUITE.json

golden/deviations.json names the few answers in which this project is meant to differ, each with its reason; there the
listed fields are compared instead, unless --reference says that the server is TorchServe itself.

A suite (suites/SUITE.json) names its handlers, its config.properties lines, the models to load and its steps. The
server is started and stopped with the `torchserve` and `torch-model-archiver` found on PATH (or named by TORCHSERVE
and ARCHIVER), so the command line is under test too. `golden/` was recorded from TorchServe 0.12.0 with PyTorch 2.13
on a CPU. JSON bodies are compared as values, other bodies as text, after values that differ from run to run are
masked. The closing line is 'N passed, N failed'; the exit status is 1 if anything failed.

A suite's store_files are copied into the model store from the folder STORE_SOURCE.
The ports are BASE_PORT (default 31080) and the next ones.

Options: --suites DIR, --golden DIR (other places), --keep (keep the run's folder), --only STEP_ID, --reference.
"""

import argparse
import base64
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
BASE_PORT = int(os.environ.get("BASE_PORT", "31080"))
PORTS = {"inference": BASE_PORT, "management": BASE_PORT + 1, "metrics": BASE_PORT + 2}
GRPC_PORTS = {"grpc_inference_port": BASE_PORT + 10, "grpc_management_port": BASE_PORT + 11}
KEPT_HEADERS = {"content-type", "pragma", "cache-control", "expires", "transfer-encoding", "allow"}
MASKS = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]\d+(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r'("(?:pid|memoryUsage|startTime|runningStatus)"\s*:\s*)("[^"]*"|-?[\d.]+)'), r'\1"<varies>"'),
    (re.compile(r'("gpuUsage"\s*:\s*)"[^"]*"'), r'\1"<varies>"'),
    (re.compile(r'("id"\s*:\s*)"9\d{3}"'), r'\1"<worker>"'),
    (re.compile(r'("(?:createdOn|server_version|archiverVersion)"\s*:\s*)"[^"]*"'), r'\1"<varies>"'),
    (re.compile(r'(?i)(hostname=)"[^"]*"'), r'\1"<host>"'),
]


def mask(text, folder):
    text = text.replace(str(folder), "<run>")
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return text


def build_archives(suite, folder):
    store = folder / "model_store"
    store.mkdir()
    archiver = shlex.split(os.environ.get("ARCHIVER", "torch-model-archiver"))
    for archive in suite.get("archives", []):
        command = archiver + ["--model-name", archive["name"], "--version", archive.get("version", "1.0")]
        handler = archive["handler"]
        command += ["--handler", str(HERE / "handlers" / handler) if handler.endswith(".py") else handler]
        if "config" in archive:
            path = folder / f"{archive['name']}-{archive.get('version', '1.0')}.yaml"
            path.write_text(archive["config"])
            command += ["--config-file", str(path)]
        for name, text in archive.get("extra_files", {}).items():
            (folder / name).write_text(text)
            command += ["--extra-files", str(folder / name)]
        command += archive.get("options", []) + ["--export-path", str(folder), "--force"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        if done.returncode:
            raise SystemExit(f"archiver failed: {done.stdout}{done.stderr}")
        source = folder / f"{archive['name']}{archive.get('suffix', '.mar')}"
        shutil.move(source, store / archive.get("file", source.name))
    for name in suite.get("store_files", []):
        source = pathlib.Path(os.environ["STORE_SOURCE"]) / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, store / source.name)
    return store


def environment(folder):
    (folder / "tmp").mkdir(exist_ok=True)
    return {**os.environ, "TMPDIR": str(folder / "tmp")}


def start_server(suite, folder, store):
    lines = [f"{name}_address=http://127.0.0.1:{port}" for name, port in PORTS.items()]
    lines += [f"{name}={port}" for name, port in GRPC_PORTS.items()]
    lines += [line.replace("<run>", str(folder)) for line in suite.get("config", [])]
    config = folder / "config.properties"
    config.write_text("\n".join(lines) + "\n")
    command = shlex.split(os.environ.get("TORCHSERVE", "torchserve"))
    command += ["--start", "--model-store", str(store), "--ts-config", str(config)]
    command += [part.replace("<run>", str(folder)) for part in suite.get("options", ["--ncs"])]
    if suite.get("models"):
        command += ["--models"] + suite["models"]
    try:
        send({"do": "GET /ping"}, folder, {})
        raise SystemExit(f"port {BASE_PORT} is already taken: set BASE_PORT")
    except OSError:
        pass
    with open(folder / "server.out", "w") as out:
        subprocess.run(command, stdout=out, stderr=out, cwd=folder, timeout=120, env=environment(folder))
    ready = suite.get("ready", "GET /ping")
    deadline = time.time() + 90
    while time.time() < deadline:
        try:
            answer = send({"do": ready}, folder, {})
            if answer["status"] < 500:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"the server did not answer: {(folder / 'server.out').read_text()[-2000:]}")


def stop_server(folder):
    command = shlex.split(os.environ.get("TORCHSERVE", "torchserve"))
    subprocess.run(command + ["--stop"], capture_output=True, cwd=folder, timeout=60, env=environment(folder))
    deadline = time.time() + 30
    while time.time() < deadline:
        try:
            send({"do": "GET /ping"}, folder, {})
        except OSError:
            return
        time.sleep(0.2)


def body_of(step):
    headers = dict(step.get("headers", {}))
    if "multipart" in step:
        boundary = "conformance-boundary"
        parts = []
        for part in step["multipart"]:
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part["name"]}"'
            if "filename" in part:
                head += f'; filename="{part["filename"]}"'
            if "type" in part:
                head += f"\r\nContent-Type: {part['type']}"
            payload = base64.b64decode(part["base64"]) if "base64" in part else part["text"].encode()
            parts.append(head.encode() + b"\r\n\r\n" + payload + b"\r\n")
        headers.setdefault("Content-Type", f"multipart/form-data; boundary={boundary}")
        return b"".join(parts) + f"--{boundary}--\r\n".encode(), headers
    if "form" in step:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return urllib.parse.urlencode(step["form"]).encode(), headers
    if "json" in step:
        headers.setdefault("Content-Type", "application/json")
        return json.dumps(step["json"]).encode(), headers
    if "repeat" in step:
        return step["repeat"]["text"].encode() * step["repeat"]["times"], headers
    if "body" in step:
        return step["body"].encode(), headers
    return None, headers


def send(step, folder, saved):
    method, path = step["do"].split(" ", 1)
    body, headers = body_of(step)
    headers = {name: value.format(**saved) for name, value in headers.items()}
    connection = http.client.HTTPConnection(
        "127.0.0.1", PORTS[step.get("on", "inference")], timeout=step.get("timeout", 60)
    )
    try:
        connection.putrequest(method, path.replace("<run>", str(folder)), skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        elif method in ("POST", "PUT"):
            connection.putheader("Content-Length", "0")
        connection.endheaders(body)
        response = connection.getresponse()
        payload = response.read()
        kept = {
            name.lower(): value
            for name, value in response.getheaders()
            if name.lower() in KEPT_HEADERS or name.lower().startswith(("x-", "access-control-"))
        }
        if "x-request-id" in kept:
            kept["x-request-id"] = mask(kept["x-request-id"], folder)
        try:
            text = payload.decode()
            answer = {"status": response.status, "headers": kept, "body": mask(text, folder)}
        except UnicodeDecodeError:
            answer = {"status": response.status, "headers": kept, "base64": base64.b64encode(payload).decode()}
        return answer
    finally:
        connection.close()


def read_saved(folder):
    path = folder / "key_file.json"
    if not path.exists():
        return {}
    keys = json.loads(path.read_text())
    return {name: value["key"] for name, value in keys.items()}


def run_step(step, folder):
    if "wait" in step:
        time.sleep(step["wait"])
        return {"waited": step["wait"]}
    if "until" in step:
        deadline = time.time() + step.get("within", 60)
        while time.time() < deadline:
            answer = send(step, folder, read_saved(folder))
            status = step["until"].get("status", answer["status"])
            if answer["status"] == status and step["until"].get("contains", "") in answer.get("body", ""):
                return answer
            time.sleep(0.25)
        return answer
    if "parallel" in step:
        with concurrent.futures.ThreadPoolExecutor(len(step["parallel"])) as pool:
            futures = []
            for one in step["parallel"]:
                futures.append(pool.submit(run_step, one, folder))
                time.sleep(one.get("gap", 0.05))
            return {"parallel": [future.result() for future in futures]}
    return send(step, folder, read_saved(folder))


def comparable(answer):
    answer = json.loads(json.dumps(answer))
    headers = answer.get("headers", {})
    if headers.get("content-type", "").startswith("text/plain; version"):
        lines = [line.replace(",}", "}") for line in answer["body"].splitlines() if not line.startswith("# HELP")]
        answer["body"] = sorted(lines)
    elif "json" in headers.get("content-type", "") or answer.get("body", "").lstrip().startswith(("{", "[")):
        with contextlib.suppress(ValueError):
            answer["body"] = json.loads(answer["body"])
    return answer


def differences(step, wanted, got):
    if "parallel" in step:
        return [
            f"[{index}] {line}"
            for index, one in enumerate(step["parallel"])
            for line in differences(one, wanted["parallel"][index], got["parallel"][index])
        ]
    compare = step.get("compare", ["status", "headers", "body"])
    wanted, got = comparable(wanted), comparable(got)
    lines = []
    for field in compare:
        names = ["body", "base64"] if field == "body" else [field]
        for name in names:
            if wanted.get(name) != got.get(name):
                sides = [json.dumps(one.get(name), ensure_ascii=False)[:600] for one in (wanted, got)]
                lines.append(f"{name}: wanted {sides[0]}\n{' ' * 12}got    {sides[1]}")
    return lines


def deviation_lines(deviation, got):
    found = {"status": got["status"]}
    with contextlib.suppress(KeyError, ValueError):
        found.update(json.loads(got["body"]))
    return [
        f"{field}: wanted {wanted!r} ({deviation['reason']}), got {found.get(field)!r}"
        for field, wanted in deviation["wanted"].items()
        if found.get(field) != wanted
    ]


def run_suite(name, arguments):
    suite = json.loads((arguments.suites / f"{name}.json").read_text())
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"conformance-{name}-"))
    answers = {}
    try:
        store = build_archives(suite, folder)
        start_server(suite, folder, store)
        for step in suite["steps"]:
            if arguments.only and step.get("id") != arguments.only and not step.get("setup"):
                continue
            try:
                answers[step["id"]] = run_step(step, folder)
            except (OSError, http.client.HTTPException) as error:
                answers[step["id"]] = {"status": 0, "headers": {}, "body": f"no answer: {type(error).__name__}"}
    finally:
        stop_server(folder)
        if arguments.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return suite, answers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["record", "check"])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--suites", type=pathlib.Path, default=HERE / "suites")
    parser.add_argument("--golden", type=pathlib.Path, default=HERE / "golden")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--reference", action="store_true")
    arguments = parser.parse_args()
    names = arguments.names or sorted(path.stem for path in arguments.suites.glob("*.json"))
    arguments.golden.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    deviations_file = HERE / "golden" / "deviations.json"
    deviations = {} if arguments.reference else json.loads(deviations_file.read_text())
    for name in names:
        suite, answers = run_suite(name, arguments)
        if arguments.mode == "record":
            (arguments.golden / f"{name}.json").write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n")
            print(f"{name}: recorded {len(answers)}")
            continue
        golden = json.loads((arguments.golden / f"{name}.json").read_text())
        for step in suite["steps"]:
            if "wait" in step or step.get("setup") or step["id"] not in answers:
                continue
            deviation = deviations.get(f"{name}/{step['id']}")
            if deviation:
                lines = deviation_lines(deviation, answers[step["id"]])
            else:
                lines = differences(step, golden[step["id"]], answers[step["id"]])
            if lines:
                failed += 1
                print(f"FAIL {name}/{step['id']}: {step.get('do', 'parallel')}\n        " + "\n        ".join(lines))
            else:
                passed += 1
    if arguments.mode == "check":
        print(f"{passed} passed, {failed} failed")
        sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
