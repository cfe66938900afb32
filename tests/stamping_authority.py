"""A real time stamp authority for tests: OpenSSL's, behind HTTP on the loopback."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SETTINGS = """
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/root.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
"""
ROOT = ("-subj", "/CN=Root", "-addext", "basicConstraints=critical,CA:TRUE", "-days", "9")
TSA = "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"


def openssl(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["openssl", *arguments]
    return subprocess.run(command, cwd=folder, input=stdin, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def authority_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority's keys, certificates and settings."""
    if shutil.which("openssl") is None and not os.environ.get("CI"):
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("authority")
    (folder / "tsa.ext").write_text(TSA)
    (folder / "tsa.cnf").write_text(SETTINGS.format(folder=folder))
    (folder / "serial").write_text("01\n")
    new = ("req", "-newkey", "rsa:2048", "-nodes")
    openssl(folder, *new, "-x509", "-keyout", "root.key", "-out", "root.pem", *ROOT)
    openssl(folder, *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Stamps")
    by_root = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "9")
    issue = ("x509", "-req", "-in", "tsa.csr", "-extfile", "tsa.ext", "-out", "tsa.pem")
    openssl(folder, *issue, *by_root)
    return folder


@pytest.fixture(scope="module")
def authority(authority_folder: Path) -> Iterator[str]:
    """The authority's address; ``/refuses`` answers about nothing, ``/other`` about other bytes."""
    folder = authority_folder

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/other":
                asked = openssl(folder, "ts", "-query", "-data", "tsa.ext", "-cert", "-sha256")
            told = b"no"
            if self.path != "/refuses":
                (folder / "asked.tsq").write_bytes(asked)
                reply = ("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "asked.tsq")
                told = openssl(folder, *reply)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
