"""Types the commands of a page as a reader would, in a folder of their own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

from trucewatch.cli import main

_NEEDS_A_SHELL = re.compile(r"[|&;<>$*`]")
_MISSION = re.compile(r"INCIDENT\b")


class Shell:
    """A folder, and the incidents that the word INCIDENT has come to stand for in it."""

    def __init__(self, folder: Path, already: Mapping[str, str] | None = None) -> None:
        """Open a shell.

        Args:
            folder: where commands are run.
            already: what commands printed whose work lies in the folder already; they are not run again.
        """
        self._folder = folder
        self._already = already or {}
        self._incidents: dict[str, str] = {}

    def type(self, command: str) -> str:
        """Run a command and return what it printed; it must succeed."""
        if command in self._already:
            return self._already[command]
        if "INCIDENT" in command:
            words = shlex.split(command)
            mission = words[words.index("INCIDENT") - 1]
            command = _MISSION.sub(self._incident(mission), command)
        if command.startswith("trucewatch ") and not _NEEDS_A_SHELL.search(command):
            # In this process: loading the program anew for each command would take most of the time.
            return self.trucewatch(shlex.split(command)[1:])
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=self._folder,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def trucewatch(self, arguments: list[str]) -> str:
        """Run the program with arguments and return what it printed; it must exit with 0."""
        out = io.StringIO()
        with (
            contextlib.chdir(self._folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
            mock.patch.object(sys, "argv", ["trucewatch", *arguments]),
        ):
            try:
                main()
                code: object = 0
            except SystemExit as end:
                code = end.code or 0
        assert code == 0, f"$ trucewatch {shlex.join(arguments)}\n{out.getvalue()}exit code {code}"
        return out.getvalue()

    def _incident(self, mission: str) -> str:
        """Choose an incident of a mission once: of those with a place that of most detections, else the first."""
        if mission not in self._incidents:
            listed = json.loads(self.trucewatch(["incidents", mission, "--json"]))["incidents"]
            self._incidents[mission] = max(
                (i for i in listed if i["place"]), key=lambda i: len(i["supports"]), default=listed[0]
            )["id"]
        return self._incidents[mission]
