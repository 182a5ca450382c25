"""Speed of the evidence log: durable appends, full audit and inclusion proofs; one JSON line a figure.

Run: python benchmarks/evidence_log.py [DIRECTORY] (default: a new directory under the system's temporary one).
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from trucewatch.evidence import (
    DirectoryDisk,
    TileLog,
    audit_log,
    leaf_hash,
    signer_from_seed,
    verify_inclusion,
)

N_LEAVES, BATCH, LEAF_BYTES, N_PROOFS = 100_000, 1_000, 250, 20_000
SIGNER = signer_from_seed("bench.example/log", bytes(32))


def tell(name: str, count: int, seconds: float, unit: str, **more: object) -> None:
    figure = {"benchmark": f"evidence_{name}", "value": round(count / seconds), "unit": unit, **more}
    print(json.dumps(figure, sort_keys=True), flush=True)


def main(directory: Path) -> None:
    leaves = [b"%0*d" % (LEAF_BYTES, n) for n in range(N_LEAVES)]
    disk = DirectoryDisk(directory / "log")
    with TileLog(disk, SIGNER) as log:
        start = time.perf_counter()
        for at in range(0, N_LEAVES, BATCH):
            log.append(leaves[at : at + BATCH])
        tell(
            "append", N_LEAVES, time.perf_counter() - start, "leaves/s", batch=BATCH, leaf_bytes=LEAF_BYTES, fsync=True
        )

        indices = [n * 7919 % N_LEAVES for n in range(N_PROOFS)]
        start = time.perf_counter()
        proofs = [log.inclusion_proof(index, N_LEAVES) for index in indices]
        tell("inclusion_prove", N_PROOFS, time.perf_counter() - start, "proofs/s", size=N_LEAVES)

        hashes = [leaf_hash(leaves[index]) for index in indices]
        start = time.perf_counter()
        for index, leaf, proof in zip(indices, hashes, proofs, strict=True):
            verify_inclusion(index=index, size=N_LEAVES, leaf=leaf, proof=proof, root=log.root)
        tell("inclusion_verify", N_PROOFS, time.perf_counter() - start, "proofs/s", size=N_LEAVES)

    start = time.perf_counter()
    _, step = audit_log(disk, SIGNER.verifier)
    seconds = time.perf_counter() - start
    if step.findings:
        raise SystemExit(f"the log that was just written does not audit: {step.findings[0]}")
    tell("audit", N_LEAVES, seconds, "entries/s", leaf_bytes=LEAF_BYTES)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as new:
            main(Path(new))
