#!/usr/bin/env python3
"""Proves that the tidy test can fail: one small tree for each rule, broken in that one way.

A tree without a flaw must pass, and each flaw must be reported by its own rule at its own line.
"""

import os
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tidy  # noqa: E402

HEAD = "// What this file is.\n"
CLEAN = {
    ".clang-format": "BasedOnStyle: Google\nIndentWidth: 4\nColumnLimit: 100\n",
    "README.md": "# Name\nRun `./tools/go`; see [the docs](docs/README.md#the-list).\n",
    "docs/README.md": "# Docs\n## The list\n- [limits](limits.md)\n",
    "docs/limits.md": "# Limits\n",
    "sim/kernel.h": HEAD + "#pragma once\n",
    "sim/event.h": HEAD + "#pragma once\n",
    "sim/machine.cpp": HEAD + '#include "sim/event.h"\n\nint f() { return 1; }  // not rand()\n',
    "lock/tas.cpp": HEAD + '#include "sim/kernel.h"\n\nint g() { return 1; }\n',
    "tools/go": "#!/usr/bin/env bash\n# Goes.\n",
}


def long_function(lines):
    body = "".join(f"    x = {n};\n" for n in range(lines - 2))
    return HEAD + "\nvoid f(int x) {\n" + body + "}\n"


class TidySelftest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="tidy-")

    def tearDown(self):
        shutil.rmtree(self.root)

    def found(self, changes):
        for path, text in {**CLEAN, **changes}.items():
            full = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as stream:
                stream.write(text)
            if text.startswith("#!") and "cannot" not in path:
                os.chmod(full, 0o755)
        return [(path, line, rule) for path, line, rule, _ in tidy.violations(self.root)]

    def expect(self, path, text, line, rule):
        self.assertEqual(self.found({path: text}), [(path, line, rule)])

    def test_a_clean_tree_passes(self):
        self.assertEqual(self.found({}), [])

    def test_the_machine_may_not_include_a_lock(self):
        self.found({"lock/word.h": HEAD})
        text = HEAD + '#include "lock/word.h"\n'
        self.expect("sim/machine.cpp", text + '#include "sim/event.h"\n', 2, "arrow")

    def test_a_lock_sees_only_the_kernel_abi(self):
        self.expect("lock/mcs.cpp", HEAD + '#include "sim/event.h"\n', 2, "arrow")

    def test_an_oracle_never_sees_the_machine(self):
        text = HEAD + '#include "sim/machine.h"\n'
        changes = {"sim/machine.h": HEAD, "sim/oracles/one.cpp": text}
        self.assertEqual(self.found(changes), [("sim/oracles/one.cpp", 2, "arrow")])

    def test_a_scheduler_never_sees_the_machine(self):
        text = HEAD + '#include "sim/machine.h"\n'
        changes = {"sim/machine.h": HEAD, "sim/schedulers/one.cpp": text}
        self.assertEqual(self.found(changes), [("sim/schedulers/one.cpp", 2, "arrow")])

    def test_nobody_else_sees_the_insides_of_the_machine(self):
        text = HEAD + '#include "sim/internal.h"\n'
        changes = {"sim/internal.h": HEAD, "scenarios/one.cpp": text}
        self.assertEqual(self.found(changes), [("scenarios/one.cpp", 2, "arrow")])

    def test_includes_start_at_the_top_folder(self):
        self.expect("lock/mcs.cpp", HEAD + '#include "../sim/kernel.h"\n', 2, "arrow")

    def test_a_file_of_501_lines_is_too_long(self):
        self.assertEqual(self.found({"sim/big.cpp": HEAD + "int a;\n" * 499}), [])
        self.expect("sim/big.cpp", HEAD + "int a;\n" * 500, 501, "file-size")

    def test_a_line_of_101_columns_is_too_long(self):
        self.expect("sim/wide.cpp", HEAD + "// " + "x" * 98 + "\n", 2, "columns")

    def test_blanks_at_the_end_of_a_line_are_found(self):
        self.expect("tools/go", "#!/usr/bin/env bash\n# Goes.\ntrue \n", 3, "blanks")

    def test_a_function_of_71_lines_is_too_long(self):
        self.assertEqual(self.found({"sim/long.cpp": long_function(70)}), [])
        self.expect("sim/long.cpp", long_function(71), 3, "function-size")

    def test_a_long_member_function_is_found_inside_its_class(self):
        body = "        x = 1;\n" * 70
        text = HEAD + "struct S {\n    void f(int x) {\n" + body + "    }\n};\n"
        self.expect("sim/member.cpp", text, 3, "function-size")

    def test_a_long_bash_function_is_found(self):
        text = "#!/usr/bin/env bash\n# Goes.\ngo() {\n" + "    true\n" * 70 + "}\n"
        self.expect("tools/go", text, 3, "function-size")

    def test_a_long_python_function_is_found(self):
        text = '"""Goes."""\n\n\ndef go():\n' + "    pass\n" * 71
        self.expect("tools/go.py", text, 4, "function-size")

    def test_a_file_without_a_header_comment_is_found(self):
        self.expect("sim/mute.cpp", "int a;\n", 1, "header")

    def test_a_header_comment_of_eleven_lines_is_found(self):
        picture = "// Words.\n" * 10 + "//\n" + "//   a picture\n" * 5
        self.assertEqual(self.found({"sim/wordy.cpp": picture}), [])
        self.expect("sim/wordy.cpp", "// Words.\n" * 11, 1, "header")

    def test_host_randomness_and_wall_clocks_are_banned_in_sim(self):
        for line in [
            "int a = rand();",
            "int a = clock_gettime(0, p);",
            "int a = std::shuffle(a, b, c);",
            "std::random_device d;",
            "std::uniform_int_distribution<int> d;",
            "std::chrono::steady_clock::time_point t;",
            "std::map<Context*, int> m;",
        ]:
            with self.subTest(line):
                self.expect("sim/banned.cpp", HEAD + line + "\n", 2, "banned")

    def test_only_the_watchdog_reads_a_wall_clock(self):
        text = HEAD + "std::chrono::steady_clock::time_point t;\n"
        self.assertEqual(self.found({"sim/watchdog.cpp": text}), [])

    def test_unfinished_marks_are_found(self):
        self.expect("sim/open.cpp", HEAD + "// TO" + "DO: later\n", 2, "unfinished")

    def test_paths_of_one_machine_are_found(self):
        self.expect("docs/limits.md", "# Limits\nsee /wor" + "k/main\n", 2, "machine-path")

    def test_registry_hosts_are_found(self):
        self.expect("docs/limits.md", "# Limits\nhttp://deb.deb" + "ian.org/x\n", 2, "host")

    def test_text_under_another_licence_is_found(self):
        text = "// SPDX-License-Identifier: GP" + "L-2.0\n"
        self.expect("lock/foreign.cpp", text, 1, "foreign")

    def test_a_folder_called_util_is_found(self):
        self.expect("sim/util/a.cpp", HEAD, 1, "folder")

    def test_a_script_that_cannot_be_run_is_found(self):
        self.expect("tools/cannot", "#!/usr/bin/env bash\n# Goes.\n", 1, "run-bit")

    def test_a_header_nobody_includes_is_found(self):
        self.expect("lock/unused.h", HEAD, 1, "dead")

    @unittest.skipUnless(shutil.which("clang-format-14") or shutil.which("clang-format"), "no tool")
    def test_wrong_formatting_is_found(self):
        self.expect("sim/loose.cpp", HEAD + "int   a;\n", 2, "format")

    def test_a_link_to_nowhere_is_found(self):
        self.expect("docs/limits.md", "# Limits\n[gone](gone.md)\n", 2, "link")

    def test_a_link_to_no_heading_is_found(self):
        self.expect("docs/limits.md", "# Limits\n[gone](README.md#gone)\n", 2, "link")

    def test_a_command_that_does_not_exist_is_found(self):
        self.expect("docs/limits.md", "# Limits\n`./tools/gone`\n", 2, "command")

    def test_a_page_nobody_links_to_is_found(self):
        self.expect("docs/lonely.md", "# Lonely\n", 1, "unreachable")


if __name__ == "__main__":
    unittest.main()
