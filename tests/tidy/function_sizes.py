"""How many lines each function of a file has, for C, C++, bash and Python.

For C and C++ this counts braces and parses nothing: a brace at namespace or class level opens a
function when the text since the last ';' or brace holds a parameter list. Of #if/#else both sides
would open braces twice, so only the first side is read.
"""

import re

# A macro call without a semicolon may stand in the lines before, hence any line may begin so.
NOT_A_FUNCTION = re.compile(
    r"^\s*(template\s*<[^{]*>\s*)?(namespace|class|struct|enum|union)\b", re.MULTILINE
)
LINKAGE = re.compile(r'^\s*extern\s*""')
NAME = re.compile(r"([~\w:]+|operator\s*\S+)\s*\(")


def function_sizes(file):
    """Rows of (first line, name, lines)."""
    if file.kind == "code":
        return code_functions(file.code_lines())
    if file.kind == "script":
        return script_functions(file.lines)
    if file.kind == "python":
        return python_functions(file.lines)
    return []


def without_directives(lines):
    """The lines with preprocessor directives and the #else sides blanked."""
    result, skipping, continued = [], [], False
    for line in lines:
        directive = continued or line.lstrip().startswith("#")
        if directive and not continued:
            word = re.match(r"\s*#\s*(\w+)", line)
            word = word.group(1) if word else ""
            if word in ("if", "ifdef", "ifndef"):
                skipping.append(False)
            elif word in ("else", "elif") and skipping:
                skipping[-1] = True
            elif word == "endif" and skipping:
                skipping.pop()
        continued = directive and line.rstrip().endswith("\\")
        result.append("" if directive or any(skipping) else line)
    return result


def opens_function(text):
    if NOT_A_FUNCTION.search(text) or LINKAGE.match(text) or "(" not in text:
        return False
    # `Type name = f({` or an initialiser list is a value, not a body.
    before_parameters = text[: text.index("(")]
    return "=" not in before_parameters or "operator" in before_parameters


def code_functions(lines):
    rows = []
    text, text_line = "", 0  # What was read since the last ';' or brace, and where it began.
    open_braces, body = 0, None
    for number, line in enumerate(without_directives(lines), 1):
        for letter in line:
            if body is not None:
                open_braces += {"{": 1, "}": -1}.get(letter, 0)
                if open_braces == 0:
                    rows.append((body[0], body[1], number - body[0] + 1))
                    body, text = None, ""
            elif letter == "{":
                if opens_function(text):
                    name = NAME.search(text)
                    body = (text_line, name.group(1) if name else "function")
                    open_braces = 1
                text = ""
            elif letter in ";}":
                text = ""
            else:
                if not text.strip() and not letter.isspace():
                    text, text_line = "", number
                text += letter
        text += "\n"
    return rows


def script_functions(lines):
    rows, start = [], None
    for number, line in enumerate(lines, 1):
        match = re.match(r"(\w+)\(\) \{$", line)
        if match:
            start = (number, match.group(1))
        elif line == "}" and start:
            rows.append((start[0], start[1], number - start[0] + 1))
            start = None
    return rows


def python_functions(lines):
    rows, open_functions, last = [], [], 0
    for number, line in enumerate(lines + ["end"], 1):
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        while open_functions and indent <= open_functions[-1][2] and not line.lstrip()[0] in ")]}":
            first, name, _ = open_functions.pop()
            rows.append((first, name, last - first + 1))
        match = re.match(r"\s*def (\w+)", line)
        if match:
            open_functions.append((number, match.group(1), indent))
        last = number
    return rows
