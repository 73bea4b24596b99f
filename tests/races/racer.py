"""One client process: connects, says that it is ready, and fires when it is told to.

Each first line is a task, `{port, headers, path, body}`; the second sends it off. With `then`
in the task whoever is permitted goes on at once: asks for the statement, signs it, sends it.
"""

from __future__ import annotations

import json
import sys
import time
from base64 import b64decode, b64encode
from http.client import HTTPConnection
from typing import Any

from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.security.signing import SigningKey

ANSWER_SECONDS = 60
CREATED = 201


class Racer:
    """One connection to a server, as one person at one terminal."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.task = task
        self.http = HTTPConnection("127.0.0.1", task["port"], timeout=ANSWER_SECONDS)
        self.http.connect()

    def post(self, path: str, body: bytes, request: str | None) -> dict[str, Any]:
        """What was answered, and when on the machine's own clock. Units: nanoseconds."""
        headers = {"content-type": "application/json", **self.task["headers"]}
        if request is not None:
            headers["idempotency-key"] = request
        sent = time.monotonic_ns()
        self.http.request("POST", self.task["site"] + path, body, headers)
        response = self.http.getresponse()
        answer = response.read()
        return {
            "status": response.status,
            "replayed": response.headers.get("Idempotent-Replayed") == "true",
            "body": json.loads(answer),
            "sent": sent,
            "answered": time.monotonic_ns(),
        }

    def prepare(self, dose: str, request: str) -> list[dict[str, Any]]:
        """The permitted dose is drawn, signed and sent."""
        drawn = self.post("/prepare-dose/statement", json.dumps({"dose": dose}).encode(), request)
        if drawn["status"] != 200:
            return [drawn]
        key = SigningKey.from_seed(bytes.fromhex(self.task["seed"]))
        payload = b64decode(drawn["body"]["payload"])
        envelope = make_envelope(drawn["body"]["payload_type"], payload, key.key_id, key.sign)
        path = f"/statements/{drawn['body']['statement']}/signature"
        return [drawn, self.post(path, json.dumps({"envelope": b64encode(envelope).decode()}).encode(), None)]

    def run(self, body: bytes) -> list[dict[str, Any]]:
        """Every answer, in order."""
        answers = [self.post(self.task["path"], body, self.task["request"])]
        if answers[0]["status"] == CREATED and "then" in self.task:
            answers += self.prepare(answers[0]["body"]["made"]["dose"], self.task["then"])
        return answers


def main() -> None:
    for line in sys.stdin:
        racer = Racer(json.loads(line))
        body = json.dumps(racer.task["body"]).encode()
        print("{}", flush=True)
        sys.stdin.readline()
        print(json.dumps(racer.run(body)), flush=True)
        racer.http.close()


if __name__ == "__main__":
    main()
