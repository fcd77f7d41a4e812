"""The tidy rules about documents: links resolve, commands exist, no page is out of reach."""

import os
import re

LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:^|[\s`$(])\./((?:tools|tests|\.ci)/[\w./-]+)")


def anchors_of(text):
    """The names other pages can link to, made from the headings as code hosts do."""
    names = set()
    for heading in re.findall(r"^#+ +(.+?)\s*$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\s-]", "", heading.lower())
        names.add(re.sub(r"\s", "-", plain))
    return names


def links_of(file):
    """(line, target) of each relative link outside code blocks."""
    rows, in_block = [], False
    for number, line in enumerate(file.lines, 1):
        if line.lstrip().startswith("```"):
            in_block = not in_block
        if in_block:
            continue
        for match in LINK.finditer(re.sub(r"`[^`]*`", "``", line)):
            target = match.group(1) or match.group(2)
            if not re.match(r"[a-z]+:", target):
                rows.append((number, target))
    return rows


def resolve(file, target):
    path = target.split("#")[0]
    if not path:
        return file.path
    return os.path.normpath(os.path.join(os.path.dirname(file.path), path))


def links(root, files):
    rows = []
    texts = {file.path: file.text for file in files if file.kind == "doc"}
    for file in files:
        if file.kind != "doc":
            continue
        for number, target in links_of(file):
            path = resolve(file, target)
            if not os.path.exists(os.path.join(root, path)):
                rows.append((file.path, number, "link", f"{target} leads nowhere"))
            elif "#" in target and path in texts:
                anchor = target.split("#", 1)[1]
                if anchor not in anchors_of(texts[path]):
                    rows.append((file.path, number, "link", f"{target}: no such heading"))
    return rows


def commands(root, files):
    rows = []
    for file in files:
        if file.kind != "doc":
            continue
        for number, line in enumerate(file.lines, 1):
            for match in COMMAND.finditer(line):
                path = match.group(1).rstrip(".")
                if not os.path.exists(os.path.join(root, path)):
                    rows.append((file.path, number, "command", f"./{path} does not exist"))
    return rows


def reachable(root, files):
    """Every page of docs/ is found by following links from README.md."""
    del root
    pages = {file.path: file for file in files if file.kind == "doc"}
    seen, waiting = set(), ["README.md"]
    while waiting:
        path = waiting.pop()
        if path in seen or path not in pages:
            continue
        seen.add(path)
        for _, target in links_of(pages[path]):
            goal = resolve(pages[path], target)
            waiting += [goal, os.path.join(goal, "README.md")]
    return [
        (path, 1, "unreachable", "no chain of links from README.md leads here")
        for path in pages
        if path.startswith("docs/") and path not in seen
    ]


RULES = [links, commands, reachable]
