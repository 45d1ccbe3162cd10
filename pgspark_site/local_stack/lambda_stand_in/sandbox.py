"""One execution of the function, in a process of its own as Lambda gives it one: `infra/lambda/handler.py`, for real.

Standard library only. Standard input tells, in JSON, which event, which handler and which folder stands for S3;
standard output is what the function returned.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any


def _load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    told = json.load(sys.stdin)
    store = Path(told["store"])
    objects = _load(told["folder"]).Folder(lambda: store)
    handle = _load(told["handler"]).handle
    answer = handle(told["event"], objects, remaining_s=told["timeout_seconds"], memory_mb=told["memory_mb"])
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
