"""What all tables of the configuration have in common, and the kinds of values in them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo

from bt_autotask_sync.config import values
from bt_autotask_sync.config.secrets import Surroundings, resolve_secret


class Section(BaseModel):
    """A table: exact types, no unknown keys, and no value in an error."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


def _surroundings(info: ValidationInfo) -> Surroundings:
    return info.context if isinstance(info.context, Surroundings) else Surroundings()


def _read_secret(value: object, info: ValidationInfo) -> object:
    return value if isinstance(value, SecretStr) else SecretStr(resolve_secret(value, _surroundings(info)))


def _read_file(value: object, info: ValidationInfo) -> object:
    return values.file_path(value, _surroundings(info).directory) if isinstance(value, str) else value


def _read_directory(value: object, info: ValidationInfo) -> object:
    return values.directory_path(value, _surroundings(info).directory) if isinstance(value, str) else value


Words = Annotated[str, AfterValidator(values.words)]
EMail = Annotated[str, AfterValidator(values.e_mail)]
Secret = Annotated[SecretStr, BeforeValidator(_read_secret)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
FilePath = Annotated[Path | None, BeforeValidator(_read_file)]
DirectoryPath = Annotated[Path | None, BeforeValidator(_read_directory)]
