"""A log in memory behind the real client: what a server of it would answer, or a lying one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from pydantic import BaseModel

from hat_clinic.client.heads import Heads
from hat_clinic.client.http import SiteHttp
from hat_clinic.client.log import FollowedLog
from hat_clinic.ledger.policy import Policy
from hat_clinic.wire.ledger import Head
from tests.client.log_in_memory import MemoryLog


@dataclass
class LogServer(httpx2.BaseTransport):
    """Answers from `log`; a path in `lies` is answered from that other log."""

    log: MemoryLog
    lies: dict[str, MemoryLog] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        path, query = request.url.path.rpartition("/ledger/")[2], request.url.params
        self.asked.append(path)
        log = self.lies.get(path, self.log)
        found: BaseModel
        match path:
            case "head":
                found = Head(size=log.frontier.size, head=log.head())
            case "proof":
                found = log.proven(int(query["seq"]))
            case _:
                found = log.consistency(int(query["from"]), int(query["to"]))
        text = json.dumps(found.model_dump(by_alias=True))
        return httpx2.Response(200, headers={"content-type": "application/json"}, text=text)


@dataclass
class Follower:
    """A terminal's following of a log whose entry 0 the policy names."""

    folder: Path
    server: LogServer

    def __post_init__(self) -> None:
        log = self.server.log
        http = SiteHttp("http://127.0.0.1", "zh1", "t1", "secret", transport=self.server)
        self.heads = Heads(self.folder, "t1", log.vkey)
        self.log = FollowedLog(http, self.heads, Policy.of(log.vkey, log.leaves[0]))
