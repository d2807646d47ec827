"""The wire between the program and both products: every request passes here, and may be struck."""

from __future__ import annotations

from contextlib import nullcontext
from signal import SIGTERM
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bt_autotask_sync.sandbox.adapter import SandboxAdapter
from tests.crash.simulator.clocks import knows_clocks
from tests.crash.simulator.steps import Exchange
from tests.crash.simulator.strikes import DATES, HARMLESS, KILLS, SWITCHED, Kind, Strike
from tests.crash.simulator.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from requests import PreparedRequest

    from tests.crash.simulator.machine import Process
    from tests.crash.simulator.stage import Stage


class Wire(SandboxAdapter):
    """Carries one process's requests to the sandbox.

    Args:
        stage: What the trial takes place on.
        process: Whose requests these are.
    """

    def __init__(self, stage: Stage, process: Process) -> None:
        super().__init__(stage.scene.sandbox)
        self._stage = stage
        self._sandbox = stage.scene.sandbox
        self._process = process
        self._steps = stage.steps
        self._witness = Witness(stage.scene, stage.evidence)
        self._clocks_known = knows_clocks(stage.directory)
        if not self._clocks_known:
            stage.scene.clocks.leaps.clear()
        self.last_words: Strike | None = None
        """Once the process was killed: what becomes of the requests that it had under way."""

    def send(  # noqa: PLR0917 - requests' own signature
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Return the answer, or what the strike at this step makes of it."""
        body = request.body if isinstance(request.body, bytes | str) else b""
        exchange = Exchange.of(request.method or "", urlsplit(request.url or "").path, body)
        patience: float = timeout[1] if isinstance(timeout, tuple) else timeout

        def carry() -> requests.Response:
            with self._stage.scene.lagging_reports() if exchange.action == "SupportSession" else nullcontext():
                answer = super(Wire, self).send(request, stream, timeout, verify, cert, proxies)
                if strike is None or strike.kind in HARMLESS:
                    self._witness.sees_answer(exchange, body)
            return self._received(answer, exchange, strike)

        strike = self.last_words
        if strike is not None:
            self._witness.sees_request(exchange, body)
            return self._struck(strike, exchange, patience, carry)
        self._process.check()
        self._stage.post.deliver()
        strike = self._steps.take(exchange)
        if strike is not None and strike.kind is Kind.KEY_TYPED and self._stage.scene.type_key(self._stage.random):
            self._steps.struck(strike)
        self._witness.sees_request(exchange, body)
        if strike is not None and strike.kind is Kind.MAY_NOT_WRITE:
            self._witness.sees_refusal(body)
        return carry() if strike is None else self._strike(strike, exchange, patience, carry)

    def _strike(
        self, strike: Strike, exchange: Exchange, patience: float, carry: Callable[[], requests.Response]
    ) -> requests.Response:
        if strike.kind in KILLS or strike.kind is Kind.STOP:
            self._steps.struck(strike)
        if strike.kind is Kind.STOP:
            self._process.stop.tell(SIGTERM)
        if strike.kind is Kind.KILL_BEFORE:
            self._process.kill()
        try:
            return self._struck(strike, exchange, patience, carry)
        finally:
            if strike.kind in KILLS:
                self._process.kill()

    def _struck(
        self, strike: Strike, exchange: Exchange, patience: float, carry: Callable[[], requests.Response]
    ) -> requests.Response:
        """Carry a request under a fault that the sandbox is given for it alone, or with switches set otherwise."""
        if strike.kind in DATES and self._clocks_known:
            self._steps.struck(strike)
        if strike.kind in SWITCHED:
            return self._switched(strike, carry)
        fields = strike.fault(patience)
        if fields is None:
            return carry()
        faults = self._sandbox.faults
        fault = faults.add(**fields)
        try:
            return carry()
        finally:
            faults.clear()
            if fault.struck and self.last_words is None and strike.kind not in KILLS:
                self._steps.struck(strike)

    def _switched(self, strike: Strike, carry: Callable[[], requests.Response]) -> requests.Response:
        switches = self._sandbox.switches
        usual = switches.copy()
        switches.change(SWITCHED[strike.kind])
        self._steps.struck(strike)
        try:
            return carry()
        finally:
            switches.restore(usual)

    def _received(self, answer: requests.Response, exchange: Exchange, strike: Strike | None) -> requests.Response:
        self._stage.scene.clocks.date(answer.headers, exchange.side)
        if strike is not None and strike.kind in DATES and self._clocks_known:
            DATES[strike.kind](answer.headers)
        return answer
