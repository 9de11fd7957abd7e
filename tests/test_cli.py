"""The command line (O1): what a person or a supervisor of processes is told, and by which exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import asyncpg
import pytest

from cti_bridge.agents.passwords import verify_password
from cti_bridge.simulator import SimQueue, Simulator
from tests.conftest import Database
from tests.loopback import free_port

SECRET = "good-secret"


async def command(*args: str, stdin: str = "", **environment: str) -> tuple[int, str]:
    """Exit code and everything said by one run of ``cti-bridge``."""
    process = await start(*args, **environment)
    async with asyncio.timeout(60):
        out, _ = await process.communicate(stdin.encode())
    assert process.returncode is not None
    return process.returncode, out.decode()


async def start(*args: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-m", "cti_bridge", *args),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )


async def said_until(process: asyncio.subprocess.Process, words: str) -> str:
    """What the process said up to the line with these words."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(30):
        while words not in said:
            line = await process.stdout.readline()
            assert line, f"ended without saying {words!r}:\n{said}"
            said += line.decode()
    return said


def settings(folder: Path, **changes: object) -> Path:
    """A settings file of a bridge of its own; ``changes`` name ports and addresses."""
    values = {
        "http": free_port(),
        "push": free_port(),
        "ami": free_port(),
        "postgres": "",
        "redis": "",
        **changes,
    }
    path = folder / "bridge.toml"
    path.write_text(
        f"[http]\nport = {values['http']}\n[push]\nport = {values['push']}\n"
        f'[storage]\ndata_dir = "{folder / "data"}"\n'
        f'postgres_url = "{values["postgres"]}"\nredis_url = "{values["redis"]}"\n'
        f'[[pbx]]\nname = "main"\nport = {values["ami"]}\nsecret = "{values.get("secret", SECRET)}"\n'
    )
    return path


async def test_a_good_configuration_is_told_so(tmp_path: Path) -> None:
    code, said = await command("check-config", "--config", str(settings(tmp_path)))
    assert (code, "good" in said) == (0, True)


async def test_every_fault_of_a_configuration_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("[http]\nport = 0\n[region]\ncurrency = 'yen'\n")
    code, said = await command("check-config", "--config", str(path))
    assert code == 2
    assert [line.split(": ")[2] for line in said.splitlines()] == ["http.port", "region.currency"]


async def test_serving_without_a_pbx_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("")
    code, said = await command("serve", "--config", str(path))
    assert (code, said) == (
        2,
        "cti-bridge: pbx: there is no [[pbx]] entry, so there is nothing to subscribe to\n",
    )


@pytest.mark.parametrize("section", ["http", "push"])
async def test_an_occupied_port_names_its_setting(
    tmp_path: Path, database: Database, valkey_url: str, section: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = settings(tmp_path, postgres=database.url, redis=valkey_url, **{section: port})
        code, said = await command("serve", "--config", str(path), CTI_BRIDGE_LOG__LEVEL="error")
    assert code == 2
    assert said == f"cti-bridge: {section}.port: 127.0.0.1:{port} is in use by another program\n"


async def test_a_wrong_ami_secret_is_a_matter_of_configuration(
    tmp_path: Path, database: Database, valkey_url: str
) -> None:
    async with Simulator.listening(secret=SECRET, agents=[("PJSIP/1001", "川村")]) as pbx:
        path = settings(
            tmp_path, postgres=database.url, redis=valkey_url, ami=pbx.port, secret="wrong-secret"
        )
        code, said = await command("serve", "--config", str(path), CTI_BRIDGE_LOG__LEVEL="error")
    assert code == 2, said
    (line,) = [line for line in said.splitlines() if line.startswith("cti-bridge: ")]
    assert "pbx.main" in line
    assert "Authentication failed" in line
    assert "wrong-secret" not in said


async def test_a_pbx_that_is_not_there_is_retried_and_found(
    tmp_path: Path, database: Database, valkey_url: str
) -> None:
    port = free_port()
    path = settings(tmp_path, postgres=database.url, redis=valkey_url, ami=port)
    process = await start("serve", "--config", str(path))
    said = await said_until(process, "pbx_unreachable")
    assert "pbx.main" in said
    async with Simulator.listening(
        port=port,
        secret=SECRET,
        agents=[("PJSIP/1001", "川村")],
        queues={"orders": SimQueue(members=["PJSIP/1001"])},
    ):
        await said_until(process, "pbx_connected")
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    assert "Traceback" not in out.decode()


async def test_a_database_that_is_not_there(tmp_path: Path, valkey_url: str) -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    path = settings(tmp_path, postgres=nowhere, redis=valkey_url)
    code, said = await command("migrate", "--config", str(path))
    assert (code, said.count("\n")) == (75, 1)
    assert said.startswith("cti-bridge: storage.postgres_url: ")
    process = await start("serve", "--config", str(path))
    await said_until(process, "postgres_unreachable")
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(15):
        await process.communicate()
    assert process.returncode == 0


async def test_a_database_without_a_schema_says_what_to_do(
    tmp_path: Path, postgres_url: str, valkey_url: str
) -> None:
    path = settings(tmp_path, postgres=postgres_url, redis=valkey_url)
    for args in (["serve"], ["suggest", "train"]):
        code, said = await command(*args, "--config", str(path), CTI_BRIDGE_LOG__LEVEL="error")
        assert code == 2
        assert "cti-bridge migrate" in said


async def test_migrate_says_what_it_did(tmp_path: Path, database: Database) -> None:
    code, said = await command("migrate", "--config", str(settings(tmp_path, postgres=database.url)))
    assert (code, said) == (0, "the schema is up to date\n")


async def test_a_user_is_added_and_changed(tmp_path: Path, database: Database) -> None:
    path = str(settings(tmp_path, postgres=database.url))
    add = ("user", "add", "3001", "--name", "試験 花", "--config", path, "--endpoint", "main:PJSIP/3001")
    assert await command(*add, stdin="short\n") == (
        1,
        "cti-bridge: the password must have at least 8 characters\n",
    )
    assert (await command(*add, stdin="long enough\n"))[0] == 0
    assert (await command(*add, "--role", "supervisor", stdin="long enough\n"))[0] == 0
    row: asyncpg.Record = await database.pool.fetchrow("select * from agent natural join agent_endpoint")
    assert (row["agent_id"], row["role"], row["endpoint"]) == ("a3001", "supervisor", "PJSIP/3001")
    code, said = await command(*add[:-1], "nonsense", stdin="long enough\n")
    assert (code, "PBX:TELEPHONE" in said) == (1, True)
    code, said = await command(*add, "--queue", "orders", stdin="long enough\n")
    assert (code, "PBX:QUEUE" in said) == (1, True)
    code, said = await command(*add, "--queue", "main:orders:2", stdin="long enough\n")
    assert code == 0, said
    row = await database.pool.fetchrow("select pbx, queue, agent_id, penalty from agent_queue")
    assert tuple(row) == ("main", "orders", "a3001", 2)
    code, said = await command(*add, "--role", "emperor", stdin="long enough\n")
    assert (code, said.count("\n"), "argon2" in said) == (2, 1, False), said


async def test_a_user_is_kept_out_and_let_in_again(tmp_path: Path, database: Database) -> None:
    path = str(settings(tmp_path, postgres=database.url))

    async def user(*arguments: str, stdin: str = "") -> tuple[int, str]:
        return await command("user", *arguments, "--config", path, stdin=stdin)

    async def row() -> asyncpg.Record:
        return await database.pool.fetchrow("select is_active, password_hash, signed_out_at from agent")

    assert (await user("add", "3001", "--name", "試験 花", stdin="long enough\n"))[0] == 0
    before = await row()
    assert (before["is_active"], before["signed_out_at"]) == (True, None)
    assert await user("list") == (0, "3001\ta3001\tagent\t試験 花\n")
    assert await user("disable", "3001") == (0, "3001: disabled\n")
    assert await user("list") == (0, "3001\ta3001\tagent\t試験 花\t\tdisabled\n")
    disabled = await row()
    assert (disabled["is_active"], disabled["password_hash"]) == (False, before["password_hash"])
    assert await user("enable", "3001") == (0, "3001: enabled\n")
    assert await user("reset", "3001", stdin="short\n") == (
        1,
        "cti-bridge: the password must have at least 8 characters\n",
    )
    assert await user("reset", "3001", stdin="another one\n") == (0, "3001: has a new password\n")
    reset = await row()
    assert await verify_password(reset["password_hash"], "another one")
    assert await user("sign-out", "3001") == (0, "3001: signed out everywhere\n")
    last = await row()
    assert (last["is_active"], last["password_hash"]) == (True, reset["password_hash"])
    assert disabled["signed_out_at"] < reset["signed_out_at"] < last["signed_out_at"]
    for name in ("disable", "enable", "sign-out"):
        code, said = await user(name, "nobody")
        assert (code, "nobody has this login" in said) == (1, True)


async def test_a_recording_holds_what_the_pbx_sent(tmp_path: Path) -> None:
    async with Simulator.listening(
        secret=SECRET, agents=[("PJSIP/1001", "川村")], queues={"orders": SimQueue(members=["PJSIP/1001"])}
    ) as pbx:
        path, file = settings(tmp_path, ami=pbx.port), tmp_path / "call.ami"
        process = await start("record", str(file), "--pbx", "main", "--config", str(path))
        await said_until(process, "pbx_connected")
        call = pbx.call("0312345678", "佐藤")
        call.hang_up()
        async with asyncio.timeout(20):
            while b"Event: Hangup" not in file.read_bytes():
                await asyncio.sleep(0.01)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(15):
            await process.communicate()
    assert process.returncode == 0
    recorded = file.read_bytes()
    assert recorded.startswith(b"Asterisk Call Manager/")
    assert b"ActionID: snapshot-1-1" in recorded, "it begins with what was there"
    assert b"0312345678" not in recorded
    assert "佐藤".encode() not in recorded
    assert SECRET.encode() not in recorded
    code, said = await command("record", str(file), "--pbx", "main", "--config", str(path))
    assert (code, "exists already" in said) == (1, True)
