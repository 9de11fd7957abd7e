"""One Asterisk for all journeys, a centre of its own for each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.asterisk.conftest import asterisk, phones, quiet
from tests.journeys.centre import Centre, open_centre
from tests.rig.asterisk import AsteriskRig

__all__ = ["asterisk", "phones", "quiet"]


@pytest.fixture
async def centre(
    asterisk: AsteriskRig, data_dir: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Centre]:
    """A centre whose agents a1001 to a1006 have the telephones of the Asterisk.

    The mark ``more_settings`` brings TOML that the bridge is started with besides.
    """
    folder = data_dir / request.node.name.replace("[", "-").replace("]", "")
    folder.mkdir(mode=0o711)
    mark = request.node.get_closest_marker("more_settings")
    more_settings = "" if mark is None else mark.args[0]
    async with open_centre(asterisk, folder, more_settings=more_settings) as opened:
        yield opened
