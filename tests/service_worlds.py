"""Measurements of messengers of known meaning: a service that works, and what is done to it."""

import copy

from measurement_worlds import Document

DCS = ("149.154.175.50", "149.154.167.51", "149.154.175.100", "149.154.167.91", "149.154.171.5",
       "95.161.76.100")  # fmt: skip
ENDPOINTS = tuple(f"e{number}.whatsapp.net" for number in range(1, 17))
SIGNAL = ("chat.signal.org", "cdsi.signal.org", "storage.signal.org", "sfu.voip.signal.org")
FACEBOOK = ("b-api.facebook.com", "b-graph.facebook.com", "edge-mqtt.facebook.com",
            "external.xx.fbcdn.net", "scontent.xx.fbcdn.net", "star.c10r.facebook.com",
            "stun.fbsbx.com")  # fmt: skip


def _document(test: str, version: str) -> Document:
    return {
        "test_name": test,
        "test_version": version,
        "measurement_start_time": "2024-03-01 10:00:00",
        "probe_cc": "XA",
        "probe_asn": "AS64500",
        "test_keys": {"queries": [], "tcp_connect": [], "tls_handshakes": [], "requests": []},
    }


def _name(keys: Document, host: str, address: str) -> None:
    answer = {"answer_type": "A", "ipv4": address}
    keys["queries"].append({"hostname": host, "engine": "system", "query_type": "A",
                            "failure": None, "answers": [answer]})  # fmt: skip


def _connect(keys: Document, address: str, port: int) -> None:
    keys["tcp_connect"].append(
        {"ip": address, "port": port, "status": {"failure": None, "success": True}}
    )


def _request(keys: Document, url: str, method: str = "GET") -> None:
    keys["requests"].append({"failure": None, "request": {"url": url, "method": method},
                             "response": {"code": 200, "body": "", "headers": {}}})  # fmt: skip


def _page(keys: Document, host: str, address: str) -> None:
    _name(keys, host, address)
    _connect(keys, address, 443)
    keys["tls_handshakes"].append({"server_name": host, "address": f"{address}:443",
                                   "failure": None, "network": "tcp"})  # fmt: skip
    _request(keys, f"https://{host}/")


def telegram() -> Document:
    found = _document("telegram", "0.3.0")
    keys = found["test_keys"]
    for address in DCS:
        for port in (80, 443):
            _connect(keys, address, port)
            _request(keys, f"http://{address}{'' if port == 80 else ':443'}/", "POST")
    _page(keys, "web.telegram.org", "149.154.167.99")
    return found


def whatsapp() -> Document:
    found = _document("whatsapp", "0.11.0")
    keys = found["test_keys"]
    for number, host in enumerate(ENDPOINTS, 1):
        _name(keys, host, f"15.197.206.{number}")
        for port in (443, 5222):
            _connect(keys, f"15.197.206.{number}", port)
    _page(keys, "v.whatsapp.net", "31.13.86.51")
    _page(keys, "web.whatsapp.com", "157.240.245.60")
    return found


def signal(version: str = "0.2.5") -> Document:
    found = _document("signal", version)
    keys = found["test_keys"]
    _name(keys, "uptime.signal.org", "127.0.0.1")
    for number, host in enumerate(SIGNAL, 1):
        _page(keys, host, f"13.248.212.{number}")
    return found


def facebook() -> Document:
    found = _document("facebook_messenger", "0.2.1")
    keys = found["test_keys"]
    for number, host in enumerate(FACEBOOK, 1):
        _name(keys, host, f"157.240.20.{number}")
        if host != "stun.fbsbx.com":
            _connect(keys, f"157.240.20.{number}", 443)
    return found


def tor() -> Document:
    found = _document("tor", "0.4.0")
    kinds = {"or_port_dirauth": 10, "dir_port": 10, "obfs4": 14, "or_port": 1}
    found["test_keys"]["targets"] = {
        f"{kind}{number}": {"target_protocol": kind, "failure": None}
        for kind, n_targets in kinds.items()
        for number in range(n_targets)
    }
    return found


SERVICES = {"telegram": telegram, "whatsapp": whatsapp, "signal": signal,
            "facebook_messenger": facebook, "tor": tor}  # fmt: skip


def without_name(found: Document, *hosts: str, failure: str = "dns_nxdomain_error") -> Document:
    """The names are not found, so nothing behind them is reached."""
    return _broken(found, hosts, failure, stage=0)


def astray(found: Document, *hosts: str, address: str) -> Document:
    """The names lead to an address where connects are refused."""
    made = _broken(found, hosts, "connection_refused", stage=1)
    for query in made["test_keys"]["queries"]:
        if query["hostname"] in hosts:
            query["answers"] = [{"answer_type": "A", "ipv4": address}]
    refused = {"failure": "connection_refused", "success": False}
    made["test_keys"]["tcp_connect"].append({"ip": address, "port": 443, "status": refused})
    return made


def unconnected(found: Document, *places: str, failure: str = "generic_timeout_error") -> Document:
    """Connects to the names or addresses fail."""
    return _broken(found, places, failure, stage=1)


def ungreeted(found: Document, *hosts: str, failure: str = "connection_reset") -> Document:
    """Handshakes for the names fail."""
    return _broken(found, hosts, failure, stage=2)


def unanswered(found: Document, *addresses: str, failure: str = "connection_reset") -> Document:
    """Connects work and requests do not."""
    return _broken(found, addresses, failure, stage=3)


def _broken(found: Document, places: tuple[str, ...], failure: str, *, stage: int) -> Document:
    """What comes at a stage fails, and what would have come after it is not there."""
    made = copy.deepcopy(found)
    keys = made["test_keys"]
    addresses = set(places) | {
        answer["ipv4"]
        for query in keys["queries"]
        if query["hostname"] in places
        for answer in query["answers"]
    }
    hit = {
        0: [each for each in keys["queries"] if each["hostname"] in places],
        1: [each["status"] for each in keys["tcp_connect"] if each["ip"] in addresses],
        2: [each for each in keys["tls_handshakes"] if each["server_name"] in places],
        3: [each for each in keys["requests"] if _host(each) in places],
    }
    for each in (*hit[stage], *hit[3]):
        each.update({"failure": failure})
    for each in hit[3]:
        each.update({"response": {"code": 0, "body": "", "headers": {}}})
    if stage == 0:
        for each in hit[0]:
            each.update({"answers": []})
        keys["tcp_connect"] = [each for each in keys["tcp_connect"] if each["ip"] not in addresses]
    if stage < 2:
        keys["tls_handshakes"] = [each for each in keys["tls_handshakes"] if each not in hit[2]]
    return made


def _host(request: Document) -> str:
    url: str = request["request"]["url"]
    return url.split("/")[2].removesuffix(":443")
