"""The wire between the program and both products: every request passes here, and may be struck."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from signal import SIGTERM
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bt_autotask_sync.sandbox.adapter import SandboxAdapter
from tests.crash.simulator.steps import Exchange
from tests.crash.simulator.strikes import BLINDING, KILLS, Kind, Strike

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from requests import PreparedRequest

    from bt_autotask_sync.sandbox.application import Sandbox
    from tests.crash.simulator.machine import Process
    from tests.crash.simulator.steps import Steps


class Wire(SandboxAdapter):
    """Carries one process's requests to the sandbox.

    Args:
        sandbox: Both products.
        process: Whose requests these are.
        steps: Numbers the exchanges and tells what goes wrong with each.
        skew: Seconds by which Autotask's clock is ahead of the appliance's.
    """

    def __init__(self, sandbox: Sandbox, process: Process, steps: Steps, skew: float) -> None:
        super().__init__(sandbox)
        self._sandbox = sandbox
        self._process = process
        self._steps = steps
        self._skew = timedelta(seconds=skew)
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
        exchange = Exchange.of(request.method or "", urlsplit(request.url or "").path)
        patience: float = timeout[1] if isinstance(timeout, tuple) else timeout

        def carry() -> requests.Response:
            answer = super(Wire, self).send(request, stream, timeout, verify, cert, proxies)
            return self._received(answer, exchange)

        if self.last_words is not None:
            return self._struck(self.last_words, exchange, patience, carry)
        self._process.check()
        strike = self._steps.take(exchange)
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
        """Carry a request under a fault that the sandbox is given for it alone, or without the right to see."""
        if strike.kind in BLINDING:
            return self._without_rights(strike, carry)
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

    def _without_rights(self, strike: Strike, carry: Callable[[], requests.Response]) -> requests.Response:
        switches = self._sandbox.switches
        usual = switches.copy()
        switches.change(BLINDING[strike.kind])
        self._steps.struck(strike)
        try:
            return carry()
        finally:
            switches.restore(usual)

    def _received(self, answer: requests.Response, exchange: Exchange) -> requests.Response:
        if exchange.side == "autotask":
            told = parsedate_to_datetime(answer.headers["Date"])
            answer.headers["Date"] = format_datetime(told + self._skew, usegmt=True)
        return answer
