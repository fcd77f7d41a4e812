"""One file of the tree as the tidy rules see it: its lines, its kind, and for C and C++ the same
lines with comments and string contents blanked, so that a rule about code never trips over prose.
"""

import os
import re

CODE = {".cpp", ".h", ".c"}

RAW_STRING = re.compile(r'R"([^()\\\s]{0,16})\((.*?)\)\1"', re.DOTALL)
TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL
)


class SourceFile:
    def __init__(self, root, path):
        self.path = path
        self.full = os.path.join(root, path)
        with open(self.full, "rb") as stream:
            data = stream.read()
        self.is_text = b"\0" not in data
        self.text = data.decode("utf-8", "replace") if self.is_text else ""
        self.lines = self.text.splitlines()
        self.kind = self._kind()
        self.room = path.split("/")[0] if "/" in path else ""

    def _kind(self):
        """code, script (bash), python, cmake, doc or other."""
        name, extension = os.path.basename(self.path), os.path.splitext(self.path)[1]
        if extension in CODE:
            return "code"
        if extension == ".py":
            return "python"
        if name == "CMakeLists.txt" or extension == ".cmake":
            return "cmake"
        if extension == ".md":
            return "doc"
        if extension == ".bash" or re.match(r"#!.*\b(ba)?sh\b", self.text):
            return "script"
        return "other"

    def code_lines(self):
        """The lines with comments and the insides of literals replaced by blanks."""
        text = RAW_STRING.sub(lambda match: '""' + "\n" * match.group(0).count("\n"), self.text)
        return TOKENS.sub(blanked, text).split("\n")


def blanked(match):
    token = match.group(0)
    if token.startswith(("//", "/*")):
        return "\n" * token.count("\n") or " "
    return token[0] * 2
