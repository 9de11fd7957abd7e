"""Certificates for tests, made by openssl: self-signed."""

from __future__ import annotations

import subprocess
from pathlib import Path


def make_certificate(folder: Path, name: str, of: str = "IP:127.0.0.1") -> tuple[Path, Path]:
    """A certificate whose subject is ``name``, and its key, in ``folder`` under the same names each time.

    ``of``: whose it is, as openssl writes a subjectAltName.
    """
    certificate, key = folder / "chain.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={of}",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return certificate, key
