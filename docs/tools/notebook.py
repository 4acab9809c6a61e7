"""Execute a notebook: `python docs/tools/notebook.py IN OUT`; both may be the same file.

The kernel is talked to over sockets in a folder of its own, not over ports, and no times of execution are written down.
"""

from __future__ import annotations

import sys
import tempfile

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

if __name__ == "__main__":
    source, target = sys.argv[1:]
    notebook = nbformat.read(source, as_version=4)
    with tempfile.TemporaryDirectory() as sockets:
        kernel = AsyncKernelManager(transport="ipc", ip=f"{sockets}/kernel")
        NotebookClient(notebook, timeout=120, record_timing=False, km=kernel).execute()
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, target)
