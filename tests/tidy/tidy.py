#!/usr/bin/env python3
"""The tidy test: reads every file of the project and prints each broken rule as file:line.

The rules themselves are in code_rules.py (arrows, sizes, words) and doc_rules.py (links, commands).
It changes nothing. Usage: tidy.py [ROOT]; exit code 1 when something was found.
"""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import code_rules  # noqa: E402
import doc_rules  # noqa: E402
from source_file import SourceFile  # noqa: E402

SKIPPED_FOLDERS = {".git", ".cache", "__pycache__"}


def listed_by_git(root):
    """The files git knows or would add, or None when this is no checkout."""
    if not os.path.exists(os.path.join(root, ".git")):
        return None
    command = ["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        answer = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in answer.stdout.decode().split("\0") if name]


def found_by_walking(root):
    paths = []
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name for name in folders if name not in SKIPPED_FOLDERS and not name.startswith("build")
        ]
        paths += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return paths


def read_tree(root):
    paths = listed_by_git(root)
    if paths is None:
        paths = found_by_walking(root)
    existing = [path for path in sorted(set(paths)) if os.path.isfile(os.path.join(root, path))]
    return [SourceFile(root, path) for path in existing]


def violations(root):
    """All violations of the tree as sorted (path, line, rule, message) rows."""
    files = read_tree(root)
    rows = []
    for rule in code_rules.RULES + doc_rules.RULES:
        rows += rule(root, files)
    return sorted(set(rows))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../.."))
    rows = violations(root)
    for path, line, rule, message in rows:
        print(f"{path}:{line}: [{rule}] {message}")
    print(f"tidy: {len(rows)} violations in {len(read_tree(root))} files")
    return 1 if rows else 0


if __name__ == "__main__":
    sys.exit(main())
