# SPDX-License-Identifier: Apache-2.0
"""Images made here, and the servers that tests fetch them from: Debian's
docker-registry, and small servers of our own that misbehave on demand."""

import contextlib
import gzip
import hashlib
import http.server
import io
import json
import pathlib
import re
import shutil
import socket
import socketserver
import subprocess
import tarfile
import tempfile
import threading

import sweep

MARK = b"SWEEPER-TEST-MARK"
RULE = 'rule mark { strings: $a = "SWEEPER-TEST-MARK" condition: $a }\n'
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layer(files):
    """A gzip tar of {name: bytes}; the same bytes every time."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)


def descriptor(data, media, **more):
    return {"mediaType": media, "digest": digest(data), "size": len(data), **more}


class Image:
    """Blobs and manifests by digest, and the digest of the first document."""

    def __init__(self):
        self.blobs = {}
        self.documents = {}
        self.top = None

    def blob(self, data, media, **more):
        row = descriptor(data, media, **more)
        self.blobs[row["digest"]] = data
        return row

    def document(self, thing, media):
        data = thing if isinstance(thing, bytes) else json.dumps(thing).encode()
        self.documents[digest(data)] = data
        self.top = digest(data)
        return descriptor(data, media)

    def manifest(self, layers, architecture="amd64", **more):
        """`layers`: bytes, or finished descriptors."""
        rows = [self.blob(one, LAYER) if isinstance(one, bytes) else one for one in layers]
        diffs = [digest(gzip.decompress(one)) if isinstance(one, bytes) else one["digest"]
                 for one in layers]
        config = {"architecture": architecture, "os": "linux",
                  "rootfs": {"type": "layers", "diff_ids": diffs}}
        return self.document(
            {"schemaVersion": 2, "mediaType": MANIFEST,
             "config": self.blob(json.dumps(config).encode(), CONFIG), "layers": rows, **more},
            MANIFEST)

    def index(self, manifests):
        return self.document({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests},
                             INDEX)

    def layout(self, folder, name="1"):
        """An OCI layout directory."""
        folder = pathlib.Path(folder)
        (folder / "blobs/sha256").mkdir(parents=True)
        for one, data in {**self.blobs, **self.documents}.items():
            (folder / "blobs/sha256" / one[7:]).write_bytes(data)
        top = self.documents[self.top]
        media = json.loads(top)["mediaType"]
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        row = descriptor(top, media, annotations={"org.opencontainers.image.ref.name": name})
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [row]}))
        return folder


def simple_image(*extra):
    """One that has the mark in its first layer."""
    image = Image()
    image.manifest([layer({"srv/bad": MARK + b"\n"}), layer({"srv/fine": b"fine\n"}), *extra])
    return image


class RealRegistry:
    """Debian's docker-registry on loopback; with `users` it wants a password."""

    def __init__(self, folder, users=None):
        self.folder = folder
        folder.mkdir(parents=True)
        config = (f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
                  "http: {addr: '127.0.0.1:0'}\n")
        if users:
            lines = [subprocess.run(["htpasswd", "-nbB", name, password], check=True,
                                    capture_output=True, text=True).stdout.strip()
                     for name, password in users.items()]
            (folder / "htpasswd").write_text("\n".join(lines) + "\n")
            config += f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n"
        (folder / "config.yml").write_text(config)
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"],
                                        stdout=self.log, stderr=self.log)
        # It says which port it got: one that was free before may be taken by now.
        self.host = sweep.wait_for(self.address, 20, "registry")

    def address(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        found = re.search(r"listening on (127\.0\.0\.1:[0-9]+)", (self.folder / "log").read_text())
        return found and found[1]

    def requests(self):
        """[(method and path, status)] of everything that was asked."""
        rows = []
        for line in (self.folder / "log").read_text("utf-8", "replace").splitlines():
            if '"GET ' in line and " HTTP/" in line and not line.startswith("time="):
                path = line.split('"GET ')[1].split(" ")[0]
                rows.append((path, int(line.split('" ')[1].split(" ")[0])))
        return rows

    def push(self, layout, name, credentials=None):
        command = ["skopeo", "copy", "-q", "--insecure-policy", "--all", "--dest-tls-verify=false",
                   f"oci:{layout}:1", f"docker://{self.host}/{name}"]
        if credentials:
            command[2:2] = ["--dest-creds", credentials]
        subprocess.run(command, check=True)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


def answers(path):
    """Whether somebody listens there."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


class NoPodman(Exception):
    """podman is there and cannot run here; says why."""


@contextlib.contextmanager
def podman_service(archive):
    """A podman of its own that has the images of an archive; gives its socket."""
    # podman wants short paths
    with tempfile.TemporaryDirectory(prefix="pod", dir="/tmp") as place:
        base = ["podman", "--storage-driver", "vfs", "--root", f"{place}/root", "--runroot",
                f"{place}/run", "--events-backend", "file", "--cgroup-manager", "cgroupfs"]
        loaded = subprocess.run([*base, "load", "-q", "-i", archive], capture_output=True,
                                text=True)
        if loaded.returncode != 0:
            raise NoPodman(f"podman cannot run here: {loaded.stderr.strip()[-200:]}")
        socket_path = pathlib.Path(place) / "podman.sock"
        service = subprocess.Popen([*base, "system", "service", "--time", "0",
                                    f"unix://{socket_path}"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            sweep.wait_for(lambda: answers(socket_path), 20, "podman")
            yield socket_path
        finally:
            service.kill()
            service.wait()


def have(*programs):
    return all(shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin") for program in programs)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def address_string(self):
        return "somebody"

    def do_GET(self):
        size = int(self.headers.get("Content-Length") or 0)
        self.form = self.rfile.read(size)
        with self.server.lock:
            self.server.seen.append((self.path, dict(self.headers)))
        try:
            self.server.answer(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_POST = do_GET

    def reply(self, data=b"", status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stall(self):
        self.server.stop.wait(60)
        self.close_connection = True


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class OddServer:
    """Answers with `answer(handler)`; remembers (path, headers) in `seen`."""

    def __init__(self, answer, path=None, context=None):
        if path is None:
            self.server = _Server(("127.0.0.1", 0), _Handler)
            self.port = self.server.server_address[1]
            self.host = f"127.0.0.1:{self.port}"
            if context:
                self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        else:
            self.server = _UnixServer(str(path), _Handler)
        self.server.answer = answer
        self.server.lock = threading.Lock()
        self.server.stop = threading.Event()
        self.seen = self.server.seen = []
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop.set()
        self.server.shutdown()
        self.server.server_close()

    def paths(self):
        return [path for path, _ in self.seen]


def registry_of(image, special=None):
    """An answer that serves an image as "app:1"; special(handler, kind, what) may answer
    instead and say True. kind: "greeting", "manifests", "blobs" or "other"."""

    def answer(handler):
        parts = handler.path.split("/")
        kind, what = "other", handler.path
        if handler.path == "/v2/":
            kind = "greeting"
        elif len(parts) == 5 and parts[3] in ("manifests", "blobs"):
            kind, what = parts[3], parts[4]
        if special and special(handler, kind, what):
            return
        if kind == "greeting":
            handler.reply(b"{}")
            return
        data = None
        if kind == "manifests":
            data = image.documents.get(image.top if what == "1" else what)
        elif kind == "blobs":
            data = image.blobs.get(what)
        if data is None:
            handler.reply(b'{"errors":[]}', 404)
        else:
            handler.reply(data)

    return answer
