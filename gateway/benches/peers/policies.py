#!/usr/bin/env python3
"""Chains of policies beside the plain proxy and nginx, on one core each, in one run.

Hanse serves one API for each chain: none, a typical one, RS256 tokens, a `choose` of ten branches, a JSON
body changed by an expression, a cached answer. nginx proxies plainly, and with Lua does what the typical
chain does: key, rate limit, four headers. Every proxy is pinned to core 0, the load (wrk) and the backend
(nginx) to core 1. Installs what is missing (Debian packages), prints a table and writes it to POLICIES.md.

    gateway/benches/peers/policies.py [--seconds 5] [--rounds 3] [--connections 64] [--profile release]
"""

import argparse
import base64
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import run as peers
from run import BACKEND, HANSE, HERE, LOAD_CORE, NGINX, PROXY_CORE, say, write

LUA = 19084
LUA_CHAIN = "nginx + Lua: key, rate limit, 4 headers"
KEY = "0123456789abcdef0123456789abcdef"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=5, help="length of one measurement")
    options.add_argument("--rounds", type=int, default=3, help="measurements of each chain; the median counts")
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--profile", default="release", help="cargo profile of Hanse: release or dist")
    options.add_argument("--binary", type=pathlib.Path, help="a hanse that is built already")
    arguments = options.parse_args()
    if (os.cpu_count() or 1) < 2:
        sys.exit("two cores are needed: one for the proxy, one for load and backend")
    install()
    binary = arguments.binary or peers.build(arguments.profile)
    with tempfile.TemporaryDirectory(prefix="hanse-policies-") as folder:
        processes = []
        try:
            table = compare(arguments, binary, pathlib.Path(folder), processes)
        finally:
            for process in processes:
                peers.stop(process)
    print("\n" + table)
    (HERE / "POLICIES.md").write_text(table)


def install():
    needed = {"nginx": "nginx", "wrk": "wrk", "taskset": "util-linux", "openssl": "openssl"}
    missing = [package for tool, package in needed.items() if not peers.shutil.which(tool)]
    if not pathlib.Path("/usr/lib/nginx/modules/ngx_http_lua_module.so").exists():
        missing.append("libnginx-mod-http-lua")
    if missing:
        say(f"installing {', '.join(missing)}")
        subprocess.run(["apt-get", "update"], check=True, stdout=subprocess.DEVNULL)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


def compare(arguments, binary, folder, processes):
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

    start(LOAD_CORE, "nginx", "-c", write(folder / "backend.conf", peers.backend_conf(folder)))
    start(PROXY_CORE, "nginx", "-c", write(folder / "nginx.conf", peers.nginx_conf(folder)))
    start(PROXY_CORE, "nginx", "-c", write(folder / "lua.conf", lua_conf(folder)))
    hanse = {"HANSE_CONFIG_DIR": str(folder / "config")}
    start(PROXY_CORE, binary, "dev", "--ports-from", HANSE, environment=hanse)
    token, key = signed_token(folder)
    chains = chains_of(token, key)
    host = set_up_hanse(binary, folder, {**os.environ, **hanse}, chains)

    targets = {
        "nginx, plain": (f"http://127.0.0.1:{NGINX}/echo", []),
        LUA_CHAIN: (f"http://127.0.0.1:{LUA}/echo", ["-H", f"X-Key: {KEY}"]),
    }
    for number, (name, (_, headers, script)) in enumerate(chains.items()):
        lines = ["-H", f"Host: {host}", *headers]
        if script:
            lines = [*lines, "-s", write(folder / f"{number}.lua", script)]
        targets[f"Hanse: {name}"] = (f"http://127.0.0.1:{HANSE + 2}/chain{number}/echo", lines)
    for name, (url, headers) in targets.items():
        wait_for(url, headers, name)
    results = {name: [] for name in targets}
    for round_number in range(arguments.rounds):
        for name, (url, headers) in targets.items():
            peers.load(url, headers, 1, arguments.connections)
            result = peers.wrk(url, headers, arguments.seconds, arguments.connections)
            results[name].append(result)
            say(f"round {round_number + 1}: {name:42} {result['rate']:9,.0f} requests/s")
    return render(results, arguments)


def chains_of(token, key):
    """Name, and of each: policies in `inbound` and `outbound`, headers, and what wrk runs."""
    header = '<set-header name="{}" exists-action="override"><value>{}</value></set-header>'
    typical = '<rate-limit calls="1000000000" renewal-period="60" />' + header.format("X-One", 1) + header.format("X-Two", 2)
    outbound = header.format("X-Three", 3) + header.format("X-Four", 4)
    tier = '<when condition="@(context.Request.Headers.GetValueOrDefault("X-Tier", "") == "{0}")">' + header.format("X-T", "{0}") + "</when>"
    choose = "<choose>" + "".join(tier.format(number) for number in range(1, 11)) + "</choose>"
    jwt = (
        '<validate-jwt header-name="Authorization" require-scheme="Bearer"><issuer-signing-keys>'
        f'<key n="{key}" e="AQAB" /></issuer-signing-keys><audiences><audience>bench</audience></audiences></validate-jwt>'
    )
    body = (
        "<set-body>@{ var body = context.Request.Body.As&lt;JObject&gt;(); "
        'body["total"] = (int)body["price"] * (int)body["count"]; body.Remove("secret"); return body.ToString(); }</set-body>'
    ).replace("&lt;", "<").replace("&gt;", ">")
    post = (
        'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
        'wrk.body = \'{"id": 42, "price": 3, "count": 7, "secret": "s", "lines": [{"sku": "a"}, {"sku": "b"}]}\'\n'
    )
    keyed = ["-H", f"Ocp-Apim-Subscription-Key: {KEY}"]
    return {
        "no policy": (("", ""), [], None),
        "key, rate limit, 4 headers": ((typical, outbound), keyed, None),
        "RS256 token, key at hand": ((jwt, ""), ["-H", f"Authorization: Bearer {token}"], None),
        "choose, 10th of 10 branches": ((choose, ""), ["-H", "X-Tier: 10"], None),
        "JSON body changed by JObject": ((body, ""), [], post),
        "cached answer": (
            ('<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" />', '<cache-store duration="3600" />'),
            [],
            None,
        ),
    }


def set_up_hanse(binary, folder, environment, chains):
    resources = [{"name": "workspaces/bench", "workspace": {"displayName": "Bench"}}]
    for number, (name, ((inbound, outbound), headers, _)) in enumerate(chains.items()):
        api = f"workspaces/bench/apis/chain{number}"
        document = (
            f"<policies><inbound><base />{inbound}</inbound><backend><base /></backend>"
            f"<outbound><base />{outbound}</outbound><on-error><base /></on-error></policies>"
        )
        resources += [
            {
                "name": api,
                "api": {
                    "displayName": f"Chain {number}",
                    "path": f"chain{number}",
                    "protocols": ["http", "https"],
                    "serviceUrl": f"http://127.0.0.1:{BACKEND}",
                    "subscriptionRequired": any("Subscription-Key" in header for header in headers),
                },
            },
            *(
                {
                    "name": f"{api}/operations/{method.lower()}",
                    "operation": {"displayName": method, "method": method, "urlTemplate": "/echo"},
                }
                for method in ("GET", "POST")
            ),
            {"name": f"{api}/policies/policy", "policy": {"format": "rawxml", "value": document}},
        ]
    resources += [
        {
            "name": "workspaces/bench/subscriptions/bench",
            "subscription": {
                "displayName": "Bench",
                "scope": "apis",
                "state": "active",
                "primaryKey": KEY,
                "secondaryKey": KEY[::-1],
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
    return json.loads(hanse("get", "gateway", "bench", "-o", "json"))["gateway"]["defaultHostname"]


def wait_for(url, headers, name):
    pairs = [word for word in headers if isinstance(word, str)]
    if any(str(word).endswith(".lua") for word in headers):
        return
    peers.wait_for(url, pairs, name)


def signed_token(folder):
    """A token that outlives the run, and the modulus of the key that signed it."""
    private = folder / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", private, "2048"], check=True, capture_output=True)
    modulus = subprocess.run(["openssl", "rsa", "-in", private, "-noout", "-modulus"], check=True, capture_output=True, text=True)
    modulus = bytes.fromhex(modulus.stdout.strip().split("=", 1)[1])
    claims = {"iss": "https://issuer.test", "aud": "bench", "sub": "1", "exp": int(time.time()) + 86_400, "roles": ["reader"]}
    signed = ".".join(url_safe(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", private], input=signed.encode(), check=True, capture_output=True
    ).stdout
    return f"{signed}.{url_safe(signature)}", url_safe(modulus)


def url_safe(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def lua_conf(folder):
    return "load_module /usr/lib/nginx/modules/ndk_http_module.so;\n" \
        "load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;\n" + peers.nginx_base(folder, "lua") + f"""
    lua_shared_dict keys 1m; lua_shared_dict counts 10m;
    init_by_lua_block {{ ngx.shared.keys:set("{KEY}", "bench") }}
    upstream backend {{ server 127.0.0.1:{BACKEND}; keepalive 128; keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{LUA};
        location / {{
            access_by_lua_block {{
                local key = ngx.var.http_x_key
                local subscription = key and ngx.shared.keys:get(key)
                if not subscription then return ngx.exit(401) end
                local window = subscription .. ":" .. math.floor(ngx.now() / 60)
                local count = ngx.shared.counts:incr(window, 1, 0, 120)
                if count > 1000000000 then return ngx.exit(429) end
                ngx.req.set_header("X-One", "1")
                ngx.req.set_header("X-Two", "2")
            }}
            header_filter_by_lua_block {{
                ngx.header["X-Three"] = "3"
                ngx.header["X-Four"] = "4"
            }}
            proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection "";
        }}
    }}
}}
"""


def render(results, arguments):
    medians = {
        name: {field: statistics.median(row[field] for row in rows) for field in ("rate", "p50", "p99")}
        for name, rows in results.items()
    }

    def ratio(name, base):
        """Neighbours in time share the machine's noise: each round is compared with itself."""
        return statistics.median(row["rate"] / other["rate"] for row, other in zip(results[name], results[base]))

    lines = [
        "# What policies cost",
        "",
        f"One core for each proxy; load and backend on another one. {arguments.connections} connections, "
        f"median of {arguments.rounds} rounds of {arguments.seconds} s, cargo profile `{arguments.profile}`.",
        "Absolute figures are this machine's; the ratios, medians of each round's own, are what counts.",
        "",
        "| chain | requests/s | p50 ms | p99 ms | / Hanse without policies | / nginx, plain | / nginx + Lua |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, row in medians.items():
        ratios = " | ".join(f"{ratio(name, base):.2f}" for base in ("Hanse: no policy", "nginx, plain", LUA_CHAIN))
        lines.append(f"| {name} | {row['rate']:,.0f} | {row['p50']:.2f} | {row['p99']:.2f} | {ratios} |")
    how = f"--seconds {arguments.seconds} --rounds {arguments.rounds} --profile {arguments.profile}"
    lines += ["", f"Made by `gateway/benches/peers/policies.py {how}`.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
