"""The words of segments, as they stand in the database and on the card."""

from __future__ import annotations

from typing import Literal, TypeAlias

Stage: TypeAlias = Literal["excluded", "dormant", "never_bought", "trial", "main", "repeater", "subscription"]
ContactChannel: TypeAlias = Literal["call", "email", "letter", "fax", "chat", "social", "shop_visit"]
