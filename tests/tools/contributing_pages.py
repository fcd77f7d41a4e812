#!/usr/bin/env python3
"""Keeps docs/contributing true: reads its pages as the edits and commands that they are.

  contributing_pages.py check BUILD    edits fit and compile, scenario.md's commands print as quoted
  contributing_pages.py apply TREE     makes all edits in a copy of the tree
  contributing_pages.py run TREE       runs all commands of the pages in a copy that was built

A page says "New file `path`:" before a block, "In `path`, after `text`:" before lines that follow
the one with that text, and "In `path`, `old` becomes `new`." Exit code 1 when something is wrong.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(ROOT, "tests/tidy"))

import code_rules  # noqa: E402
from source_file import SourceFile  # noqa: E402

PAGES = ("scheduler", "lock", "scenario", "oracle", "memory-model")
FENCE = r"\n\n?```\w+\n(.*?)^```$"
EDIT = re.compile(
    r"New file `(?P<new>[^`]+)`:" + FENCE.replace("(", "(?P<text>", 1)
    + r"|In `(?P<into>[^`]+)`, after `(?P<after>[^`]+)`:" + FENCE.replace("(", "(?P<lines>", 1)
    + r"|In `(?P<change>[^`]+)`,\s+(?P<tick>``?)(?P<old>[^\n]+?)(?P=tick)\s+becomes\s+"
    + r"(?P=tick)(?P<now>[^\n]+?)(?P=tick)(?!`)",
    re.DOTALL | re.MULTILINE,
)
ANNOUNCED = re.compile(r"\bNew file `|`, after `|`\s+becomes\s")
COMMAND = re.compile(r"^```sh\n((?:(?!```).)*?)^```$\n\n?```text\n(.*?)^```$",
                     re.DOTALL | re.MULTILINE)


class Wrong(Exception):
    """What does not hold, in one sentence."""


def read(path):
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def page_text(folder, page):
    return read(os.path.join(folder, "docs/contributing", page + ".md"))


def once(text, part, path):
    if text.count(part) != 1:
        raise Wrong(f"`{part}` is {text.count(part)} times in {path}, and not once")


def make_edits(page, tree, edited):
    """Adds to `edited` (path -> text) what the page's edits make of the files of `tree`."""
    matches = list(EDIT.finditer(page))
    announced = len(ANNOUNCED.findall(page))
    if not matches or len(matches) != announced:
        raise Wrong(f"{announced} edits are announced and {len(matches)} can be read")
    for match in matches:
        new = match["new"]
        if new:
            if new in edited or os.path.exists(os.path.join(tree, new)):
                raise Wrong(f"{new} is there already")
            edited[new] = match["text"]
            continue
        path = match["into"] or match["change"]
        text = edited.get(path) or read(os.path.join(tree, path))
        if match["change"]:
            old, now = match["old"].strip(), match["now"].strip()
            once(text, old, path)
            edited[path] = text.replace(old, now)
        else:
            once(text, match["after"], path)
            end = text.index("\n", text.index(match["after"])) + 1
            edited[path] = text[:end] + match["lines"] + text[end:]


def write_files(folder, files):
    for path, text in files.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as stream:
            stream.write(text)


def compiler_flags(build):
    """How this build compiles a file of ours, without what belongs to that file alone."""
    entries = json.loads(read(os.path.join(build, "compile_commands.json")))
    entry = next(one for one in entries if "sim_tests.dir" in one["command"])
    words = shlex.split(entry["command"])
    compiler = next(word for word in words if re.search(r"(\+\+|g\+\+|clang\+\+)[-.\d]*$", word))
    flags = [word for word in words if re.match(r"-(W|f(no-strict|no-omit)|std=|D|I)", word)]
    return [compiler, *flags, "-fsyntax-only", "-O0"]


def compile_all(build, tree, files):
    """Room by room in one go, as headers are then read once; each file sees the edited headers
    before those of the tree. Edited tests and commands only have to fit."""
    count = 0
    with tempfile.TemporaryDirectory(prefix="contributing-") as overlay:
        write_files(overlay, files)
        command = compiler_flags(build)
        command[1:1] = ["-I" + overlay, "-I" + tree]
        command += ['-DLOCKSTEP_LOCK_SOURCE_HASH="none"', "-x", "c++", "-"]
        for room in ("sim", "lock", "scenarios", "tests"):
            sources = [path for path in files if re.fullmatch(room + r"/.*\.cpp", path)
                       and (room != "tests" or not os.path.exists(os.path.join(tree, path)))]
            text = "".join(f'#include "{path}"\n' for path in sources)
            answer = subprocess.run(command, text=True, capture_output=True, input=text,
                                    cwd=overlay, check=False)
            if answer.returncode != 0:
                raise Wrong("the examples do not compile:\n" + answer.stderr)
            count += len(sources)
    return count


def tidy(tree, files):
    """New files keep the rules of the tidy test; edited ones are left to clang-format."""
    with tempfile.TemporaryDirectory(prefix="contributing-") as overlay:
        write_files(overlay, {**files, ".clang-format": read(os.path.join(ROOT, ".clang-format"))})
        new = [SourceFile(overlay, path) for path in files
               if not os.path.exists(os.path.join(tree, path))]
        for rule in code_rules.RULES:
            for path, line, word, message in rule(overlay, new):
                raise Wrong(f"{path}:{line}: [{word}] {message}")


def printed_as(wanted, said):
    """Line by line; `...` alone is any number of lines, and within a line any text."""
    pattern = ""
    for line in wanted.splitlines():
        each = re.escape(line).replace(re.escape("..."), ".*")
        pattern += r"(.*\n)*" if line == "..." else each + r"\n"
    return re.fullmatch(pattern, said.rstrip("\n") + "\n") is not None


def run_commands(page, name, binary, folder):
    count = 0
    for command, wanted in COMMAND.findall(page):
        line = command.strip().replace("./tools/lockstep", binary)
        environment = dict(os.environ, LOCKSTEP_NO_KERNEL="1", NO_COLOR="1",
                           LOCKSTEP_SCENARIOS=os.path.join(ROOT, "scenarios"))
        answer = subprocess.run(["bash", "-c", line], cwd=folder, env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if not printed_as(wanted, answer.stdout):
            raise Wrong(f"{name}: `{command.strip()}` printed\n{answer.stdout}and not\n{wanted}")
        count += 1
    if count == 0:
        raise Wrong(f"{name}: no command with its output")
    return count


def all_edits(tree):
    """The pages one after the other, as if somebody followed them all."""
    files = {}
    for page in PAGES:
        try:
            make_edits(page_text(ROOT, page), tree, files)
        except Wrong as wrong:
            raise Wrong(f"{page}.md: {wrong}") from wrong
    return files


def check(build):
    files = all_edits(ROOT)
    tidy(ROOT, files)
    sources = compile_all(build, ROOT, files)
    with tempfile.TemporaryDirectory(prefix="contributing-") as folder:
        write_files(folder, {path: text for path, text in files.items() if path.endswith(".yaml")})
        binary = os.path.join(os.path.abspath(build), "lockstep")
        commands = run_commands(page_text(ROOT, "scenario"), "scenario", binary, folder)
    print(f"{len(files)} files edited, {sources} compiled, {commands} commands run")


def run(tree):
    binary = os.path.join(os.path.abspath(tree), "build/lockstep")
    for page in PAGES:
        count = run_commands(page_text(ROOT, page), page, binary, tree)
        print(f"{page}: {count} commands print what the page says")


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("check", "apply", "run"):
        print(__doc__, file=sys.stderr)
        return 64
    try:
        if sys.argv[1] == "check":
            check(sys.argv[2])
        elif sys.argv[1] == "apply":
            write_files(sys.argv[2], all_edits(sys.argv[2]))
        else:
            run(sys.argv[2])
    except Wrong as wrong:
        print(f"contributing_pages: {wrong}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
