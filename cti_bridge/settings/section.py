"""What every section of the settings is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

ENV_PREFIX = "CTI_BRIDGE_"

Port = Annotated[int, Field(ge=1, le=65535)]
WholeSeconds = Annotated[int, Field(ge=1, le=86_400 * 366)]
Seconds = Annotated[float, Field(gt=0, le=86_400 * 366)]
Days = Annotated[int, Field(ge=0, le=366 * 100)]


class Section(BaseModel):
    """A section: an unknown key is an error, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
