"""The listener for outbound events, as the configuration has it."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import quote_plus

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from bt_autotask_sync.config import values
from bt_autotask_sync.config.problems import Fault, InvalidValueError
from bt_autotask_sync.config.section import FilePath, Secret, Section

Networks = tuple[Annotated[str, AfterValidator(values.network)], ...]


class Listen(Section):
    """Where the appliances send their outbound events, for all profiles."""

    address: Annotated[str, AfterValidator(values.listening_address)] = Field(
        "127.0.0.1",
        description="The address to listen on. On this machine alone it is for a reverse proxy that does TLS; anywhere "
        "else name certificate_file and key_file.",
    )
    port: int = Field(8180, ge=0, le=65535, description="The port to listen on; 0: any that is free.")
    certificate_file: FilePath = Field(
        None,
        description="A file with the certificate of this machine and those between it and its authority (PEM), to do "
        "TLS here. Relative paths start at this file.",
        examples=["listen-certificate.pem"],
    )
    key_file: FilePath = Field(
        None, description="A file with the key of that certificate (PEM).", examples=["listen-key.pem"]
    )
    token: Secret | None = Field(
        None,
        description="What every event must bring in the parameter `outbound_event_token`, which stands in the address "
        "that the appliance sends to. Without it nothing is asked for, and every start warns. Written like a secret.",
        examples=[{"env": "OUTBOUND_EVENT_TOKEN"}],
    )
    accepted_addresses: Networks = Field(
        (),
        strict=False,
        description="The IP addresses, or networks like 192.0.2.0/24, from which events are taken; none: from all.",
    )
    trusted_proxies: Networks = Field(
        ("127.0.0.1", "::1"),
        strict=False,
        description="The reverse proxies whose word is taken for where an event comes from (X-Forwarded-For).",
    )

    @field_validator("token")
    @classmethod
    def _stands_in_an_address(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and quote_plus(token.get_secret_value(), safe="*") != token.get_secret_value():
            raise InvalidValueError(
                Fault(
                    "has characters that mean something else in an address",
                    "Choose letters, digits and - . _ ~ alone, as `openssl rand -hex 24` does.",
                )
            )
        return token

    @model_validator(mode="after")
    def _is_a_pair(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            missing, there = "key_file", "certificate_file"
            if self.certificate_file is None:
                missing, there = there, missing
            raise InvalidValueError(Fault("is missing", f"TLS needs it beside {there}.", (missing,)))
        return self
