#!/usr/bin/env python3
"""Proves that contributing_pages.py can fail: pages that are wrong in one way each, and outputs
that are not what a page quotes. Usage: contributing_pages_selftest.py BUILD
"""

import os
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import contributing_pages as pages  # noqa: E402

BUILD = sys.argv.pop(1)
TREE = {"sim/list.cpp": "int one();\nint two();\nint twice();\nint twice();\n"}
NEW = "New file `sim/new.cpp`:\n```cpp\n{}\n```\n"


class ContributingSelftest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="contributing-")
        pages.write_files(self.root, TREE)

    def tearDown(self):
        shutil.rmtree(self.root)

    def edits(self, page):
        edited = {}
        pages.make_edits(page, self.root, edited)
        return edited

    def refused(self, words, call, *arguments):
        with self.assertRaises(pages.Wrong) as raised:
            call(*arguments)
        self.assertIn(words, str(raised.exception))

    def test_the_three_kinds_of_edits_are_made(self):
        page = (NEW.format("int three();")
                + "In `sim/list.cpp`, after `int one()`:\n```cpp\nint between();\n```\n"
                + "- In `sim/list.cpp`, `two()` becomes\n  `two(int)`.\n")
        self.assertEqual(self.edits(page), {
            "sim/new.cpp": "int three();\n",
            "sim/list.cpp": "int one();\nint between();\nint two(int);\n" + 2 * "int twice();\n",
        })

    def test_text_with_backticks_is_changed_between_two(self):
        pages.write_files(self.root, {"a.md": "`x` or `y`.\n"})
        edited = self.edits("In `a.md`, `` `y`. `` becomes `` `y`, `z`. ``\n")
        self.assertEqual(edited, {"a.md": "`x` or `y`, `z`.\n"})

    def test_an_anchor_that_is_gone_or_no_longer_unique_is_refused(self):
        self.refused("0 times", self.edits, "In `sim/list.cpp`, `three` becomes `four`")
        self.refused("2 times", self.edits, "In `sim/list.cpp`, `twice` becomes `once`")

    def test_an_edit_that_cannot_be_read_is_not_passed_over(self):
        self.refused("1 edits are announced and 0", self.edits, "New file `a.cpp`:\n\nint a;\n")
        self.refused("0 edits", self.edits, "Nothing to do.\n")

    def test_a_new_file_that_exists_is_refused(self):
        self.refused("there already", self.edits, NEW.format("").replace("new", "list"))

    def test_an_example_that_does_not_compile_is_refused(self):
        good, bad = self.edits(NEW.format("int x;")), self.edits(NEW.format("int x = y;"))
        self.assertEqual(pages.compile_all(BUILD, self.root, good), 1)
        self.refused("do not compile", pages.compile_all, BUILD, self.root, bad)

    def test_a_warning_is_an_error_as_in_the_build(self):
        shadow = self.edits(NEW.format("inline int f(int x) { int y = 0; return 1; }"))
        self.refused("unused variable", pages.compile_all, BUILD, self.root, shadow)

    def test_an_example_that_is_not_tidy_is_refused(self):
        self.refused("[header]", pages.tidy, self.root, self.edits(NEW.format("int x;")))
        wrong = self.edits(NEW.format('// What it is.\n#include "lock/port.h"'))
        self.refused("[arrow]", pages.tidy, self.root, wrong)
        pages.tidy(self.root, self.edits(NEW.format("// What it is.\nint x;")))

    def test_a_command_that_prints_something_else_is_refused(self):
        page = "```sh\necho one; echo two\n```\n```text\n{}\n```\n"
        self.assertEqual(pages.run_commands(page.format("one\ntwo"), "p", "x", self.root), 1)
        self.refused("printed", pages.run_commands, page.format("one"), "p", "x", self.root)
        page = "```sh\nfalse\n```\nNot quoted.\n" + page  # and so not run
        self.assertEqual(pages.run_commands(page.format("one\ntwo"), "p", "x", self.root), 1)
        self.refused("no command", pages.run_commands, "text\n", "p", "x", self.root)

    def test_dots_stand_for_lines_or_for_a_part_of_one(self):
        said = "first 12 steps\nsecond\nthird\nlast\n"
        for wanted in ("...\nlast", "first ... steps\n...", "first ...\n...\nlast", "...",
                       "first ...\nsecond\n...\nthird\nlast"):
            self.assertTrue(pages.printed_as(wanted, said), wanted)
        for wanted in ("", "last", "...\nthird", "first\n...", "first ...\nlast"):
            self.assertFalse(pages.printed_as(wanted, said), wanted)


if __name__ == "__main__":
    unittest.main()
