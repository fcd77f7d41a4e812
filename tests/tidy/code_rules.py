"""The tidy rules about code: arrows between rooms, sizes, headers, names and banned words.

Each rule takes the root and all files and returns (path, line, rule, message) rows. Words that the
rules ban are written in pieces here, so that this file keeps the rules too.
"""

import os
import re
import shutil
import subprocess

from function_sizes import function_sizes

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
HEADER_LINES_MAX = 10

ROOMS = ("sim", "lock", "scenarios", "tools", "tests")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')

# What each room may include of the others; the first pattern that fits the including file counts.
# Oracles see events and never the machine; locks see a kernel and never a simulator.
BASE = r"sim/(types|check|rng|event|facts|points)\.h"
PORT = r"sim/(kernel|types|facts|points|check)\.h|lock/"
ARROWS = [
    (r"sim/oracles/", rf"{BASE}|sim/oracle\.h|sim/oracles/"),
    (r"sim/schedulers/", rf"{BASE}|sim/(scheduler|token)\.h|sim/schedulers/"),
    (r"sim/memories/", rf"{BASE}|sim/(memory|kernel)\.h|sim/memories/"),
    (r"sim/", r"sim/"),
    (r"lock/(linux/include/|linux/.*\.c$)", r"sim/kernel\.h|lock/"),
    (r"lock/(port\.h|registry|linux/)", PORT),
    (r"lock/", r"sim/(kernel|points)\.h|lock/"),
    (r"scenarios/", r"(sim/(?!internal\.h)|lock/|scenarios/)"),
    (r"tools/", r"(sim/(?!internal\.h)|lock/|scenarios/|tools/)"),
    (r"tests/", r"(sim|lock|scenarios|tools|tests)/"),
]

BANNED_IN_SIM = [
    (r"std::\w+_distribution\b", "its values differ between libraries; use sim/rng.h"),
    (r"std::(random_)?shuffle\b", "its order differs between libraries; use sim/rng.h"),
    (r"\bs?rand(om)?_?r?\s*\(", "host randomness must not reach a decision; use sim/rng.h"),
    (r"std::random_device\b", "host randomness must not reach a decision"),
    (r"\bsetlocale\b|std::locale\b", "output must not depend on the locale"),
    (r"std::(unordered_)?(map|set)<\s*(const\s+)?\w+\s*\*", "pointer keys: order is by address"),
]
WALL_CLOCKS = r"\b((system|steady|high_resolution)_clock|clock_gettime|gettimeofday)\b"

# In pieces: see the top of this file.
UNFINISHED = re.compile(
    r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|st" r"ub(bed|s)?|place" r"holder"
    r"|not imple" r"mented)\b"
)
MACHINE_PATHS = re.compile(r"(?<![\w.$}*])/" r"(work|root|farm|home/\w+)/")
HOSTS = re.compile(
    r"https?://[a-z0-9.-]*(deb" r"ian|np" r"mjs|py" r"pi|crat" r"es)\.|\bdeb\.deb" r"ian\.org\b"
)
FOREIGN = re.compile(r"SPDX-License-Identifier:\s*GP" r"L|Copyright\s*\(C\)", re.IGNORECASE)
NO_FOLDERS = {"common", "util", "utils", "misc", "helpers"}


def arrows(root, files):
    del root
    rows = []
    for file in files:
        if file.kind != "code":
            continue
        allowed = next((target for source, target in ARROWS if re.match(source, file.path)), None)
        if allowed is None:
            continue
        for number, line in enumerate(file.lines, 1):
            match = INCLUDE.match(line)
            if match is None:
                continue
            target = match.group(1)
            if target.startswith("tools/testing/"):  # of the kernel tree, as kernel/ is
                continue
            if target.split("/")[0] in ROOMS and not re.match(allowed, target):
                rows.append((file.path, number, "arrow", f"{file.room}/ may not include {target}"))
            if target.startswith(("./", "../")):
                rows.append((file.path, number, "arrow", f"include {target} from the top folder"))
    return rows


def sizes(root, files):
    del root
    rows = []
    for file in files:
        if file.kind not in ("code", "python", "script", "cmake"):
            continue
        if len(file.lines) > FILE_LINES_MAX:
            count = f"{len(file.lines)} lines; the limit is {FILE_LINES_MAX}"
            rows.append((file.path, len(file.lines), "file-size", count))
        for number, line in enumerate(file.lines, 1):
            if len(line) > COLUMNS_MAX:
                rows.append((file.path, number, "columns", f"{len(line)} columns"))
            if line != line.rstrip():
                rows.append((file.path, number, "blanks", "blanks at the end of the line"))
        for number, name, length in function_sizes(file):
            if length > FUNCTION_LINES_MAX:
                message = f"{name} has {length} lines; the limit is {FUNCTION_LINES_MAX}"
                rows.append((file.path, number, "function-size", message))
    return rows


def header_comments(root, files):
    """A file opens with one to ten lines of plain English; a picture may follow a bare mark."""
    del root
    rows = []
    for file in files:
        if file.kind not in ("code", "python", "script", "cmake"):
            continue
        lines = [line for line in file.lines[:30] if not line.startswith("#!")]
        marks = ("//", "/*", " *") if file.kind == "code" else ("#",)
        count = 0
        if file.kind == "python" and lines and lines[0].startswith('"""'):
            ends = [n for n, line in enumerate(lines) if line.rstrip().endswith('"""')]
            count = ends[0] + 1 if ends else len(lines)
        while count < len(lines) and lines[count].startswith(marks) and len(lines[count]) > 2:
            count += 1
        if count == 0:
            rows.append((file.path, 1, "header", "no comment at the top says what this file is"))
        elif count > HEADER_LINES_MAX:
            rows.append((file.path, 1, "header", f"{count} lines of header comment; say it in ten"))
    return rows


def banned_in_sim(root, files):
    del root
    rows = []
    for file in files:
        if file.room != "sim" or file.kind != "code":
            continue
        banned = list(BANNED_IN_SIM)
        if not os.path.basename(file.path).startswith("watchdog"):
            banned.append((WALL_CLOCKS, "wall time must not reach a decision"))
        for number, line in enumerate(file.code_lines(), 1):
            for pattern, reason in banned:
                match = re.search(pattern, line)
                if match:
                    message = f"{match.group(0).strip()}: {reason}"
                    rows.append((file.path, number, "banned", message))
    return rows


def words(root, files):
    del root
    texts = [
        (UNFINISHED, "unfinished", "unfinished mark"),
        (MACHINE_PATHS, "machine-path", "path of one machine"),
        (HOSTS, "host", "registry host name"),
        (FOREIGN, "foreign", "this project is MIT and holds no other text"),
    ]
    rows = []
    for file in files:
        if not file.is_text or file.path == "LICENSE":
            continue
        for number, line in enumerate(file.lines, 1):
            for pattern, rule, message in texts:
                match = pattern.search(line)
                if match:
                    rows.append((file.path, number, rule, f"{message}: {match.group(0)}"))
    return rows


def folders(root, files):
    del root
    rows = []
    for file in files:
        for part in file.path.split("/")[:-1]:
            if part in NO_FOLDERS:
                rows.append((file.path, 1, "folder", f"no folder is called {part}"))
    return rows


def run_bits(root, files):
    del root
    rows = []
    for file in files:
        if file.text.startswith("#!") and not os.access(file.full, os.X_OK):
            rows.append((file.path, 1, "run-bit", "starts with #! and cannot be run"))
    return rows


def dead_headers(root, files):
    """Headers nobody includes. Those of the shim are included by the kernel's files."""
    del root
    included = set()
    for file in files:
        if file.kind == "code":
            matches = (INCLUDE.match(line) for line in file.lines)
            included.update(os.path.basename(match.group(1)) for match in matches if match)
    return [
        (file.path, 1, "dead", "no file includes this header")
        for file in files
        if file.path.endswith(".h")
        and not file.path.startswith("lock/linux/include/")
        and os.path.basename(file.path) not in included
    ]


def formatting(root, files):
    """clang-format finds nothing to change; without clang-format nothing is said."""
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    names = [file.path for file in files if file.kind == "code"]
    if program is None or not names or not os.path.exists(os.path.join(root, ".clang-format")):
        return []
    rows = {}  # One row a file: where the first change would be.
    command = [program, "--dry-run", "--style=file", *names]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    for line in answer.stderr.splitlines():
        match = re.match(r"(.+?):(\d+):\d+: (?:warning|error): ", line)
        if match:
            path, number = match.group(1), int(match.group(2))
            rows.setdefault(path, (path, number, "format", f"run clang-format -i {path}"))
    return list(rows.values())


RULES = [
    arrows,
    sizes,
    header_comments,
    banned_in_sim,
    words,
    folders,
    run_bits,
    dead_headers,
    formatting,
]
