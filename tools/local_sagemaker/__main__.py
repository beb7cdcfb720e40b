"""A local SageMaker: `python -m tools.local_sagemaker --port 0` prints its address as JSON and serves requests."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from moto.server import ThreadedMotoServer

from tools.local_sagemaker import install


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m tools.local_sagemaker", description="A local SageMaker.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free port")
    arguments = parser.parse_args()
    install()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server = ThreadedMotoServer(arguments.host, port=arguments.port, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    sys.stdout.write(json.dumps({"url": f"http://{host}:{port}", "host": host, "port": port}) + "\n")
    sys.stdout.flush()
    ended.wait()
    server.stop()


if __name__ == "__main__":
    main()
