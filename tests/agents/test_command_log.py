import json

from cti_bridge.agents.command_log import CommandEntry, CommandLog
from cti_bridge.calls.ids import AgentId, CallId
from tests.conftest import Database


async def test_an_entry_reads_back(database: Database) -> None:
    entry = CommandEntry(
        1_775_606_400.0, AgentId("a1"), "park", CallId("main~1"), {"number": "1004"}, "done", "701"
    )
    await CommandLog(database.pool).write(entry)
    row = await database.pool.fetchrow("select * from command_log")
    assert (row["agent_id"], row["kind"], row["call_id"]) == ("a1", "park", "main~1")
    assert (json.loads(row["target"]), row["outcome"], row["detail"]) == ({"number": "1004"}, "done", "701")
    assert row["at"].timestamp() == entry.at_s
