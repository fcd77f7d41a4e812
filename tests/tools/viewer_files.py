#!/usr/bin/env python3
"""Reads files that `lockstep export`, `run` and `explore` write for other programs, and compares
them with what `lockstep show --json` says of the same run. Usage: viewer_files.py WHAT FILE [SHOW].
Prints one line when all is well; otherwise the first thing that is not, and leaves with code 1.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree

SLICE_BEGIN, SLICE_END, INSTANT, COUNTER = 1, 2, 3, 4


def check(holds, message):
    if not holds:
        print(f"viewer_files: {message}")
        sys.exit(1)


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """The (number, value) rows of a protobuf message; a text or message is bytes."""
    rows, at = [], 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 1:
            value, at = int.from_bytes(data[at : at + 8], "little"), at + 8
        else:
            check(key & 7 == 2, f"wire type {key & 7}")
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
            check(len(value) == size, "a message is cut off")
        rows.append((key >> 3, value))
    return rows


def read_perfetto(path):
    """Tracks by uuid as (name, parent, is counter), and the events of all tracks in order."""
    with open(path, "rb") as file:
        packets = fields(file.read())
    tracks, events = {}, []
    for number, packet in packets:
        check(number == 1, "something that is no packet")
        inner = dict(fields(packet))
        if 60 in inner:
            track = dict(fields(inner[60]))
            check(track[1] not in tracks, "a track is declared twice")
            parent = track.get(5, 0)
            check(parent == 0 or parent in tracks, "a track before its parent")
            tracks[track[1]] = (track[2].decode(), parent, 8 in track)
        else:
            event = {"time": inner[8], "flows": [], "ends": []}
            for field, value in fields(inner[11]):
                if field == 47:
                    event["flows"].append(value)
                elif field == 48:
                    event["ends"].append(value)
                elif field in (9, 11, 23, 30):
                    name = {9: "type", 11: "track", 23: "name", 30: "value"}[field]
                    event[name] = value.decode() if field == 23 else value
            check(event["track"] in tracks, "an event on no track")
            check((event["type"] == COUNTER) == tracks[event["track"]][2], "counter and track")
            events.append(event)
    return tracks, events


def word_stores(show):
    return [
        event
        for event in show["events"]
        if event["kind"] == "store" and re.fullmatch(r"[A-Z](\.\w+)?", event.get("place", ""))
    ]


def perfetto(path, show):
    tracks, events = read_perfetto(path)
    names = [name for name, _, _ in tracks.values()]
    kinds = [event["kind"] for event in show["events"]]
    for cpu in {event["cpu"] for event in show["events"]}:
        check(f"CPU{cpu}" in names, f"no track of CPU{cpu}")
    for context in {e["context"] for e in show["events"] if e["kind"] == "context_enter"}:
        check(context in names, f"no track of the {context}")
    times = [event["time"] for event in events]
    check(times == sorted(times), "time goes back")

    begun = [e for e in events if e["type"] == SLICE_BEGIN]
    attempts = [e for e in begun if "spin_" in e["name"] and "lock(" in e["name"]]
    check(len(attempts) == kinds.count("acquire_begin"), "attempts and acquire_begin")
    held = [e for e in begun if tracks[e["track"]][0] == "holds"]
    got = [e for e in show["events"] if e["kind"] == "acquire_end" and e["return"] == 0]
    check(len(held) == len(got), "critical sections and locks that were got")
    handlers = [e for e in begun if e["name"].endswith(" handler")]
    check(len(handlers) == kinds.count("context_enter"), "handlers and context_enter")
    depth = {}
    for event in events:
        change = {SLICE_BEGIN: 1, SLICE_END: -1}.get(event["type"], 0)
        depth[event["track"]] = depth.get(event["track"], 0) + change
        check(depth[event["track"]] >= 0, "a slice ends that never began")

    changes = [e for e in events if e["type"] == COUNTER]
    words = {}
    for event in changes:
        name = tracks[event["track"]][0]
        check(words.get(name) != event["value"], f"{name} is told though it did not change")
        words[name] = event["value"]
    locks = {store["lock"] for store in word_stores(show)}
    for lock in locks:
        for part in ("tail", "pending", "locked"):
            check(f"{lock}.{part}" in words, f"no counter {lock}.{part}")
    check(len(changes) > 3 * len(locks), "no counter ever changed")

    flows = {flow: event for event in events for flow in event["flows"]}
    ends = [(flow, event) for event in events for flow in event["ends"]]
    check(all(flow in flows for flow, _ in ends), "a flow ends that never began")
    injections = [e for e in flows.values() if e["name"].startswith("injected")]
    to_handlers = [e for _, e in ends if e["name"].endswith(" handler")]
    check(len(injections) == len(to_handlers), "an injection leads to no handler")
    handed = [
        (flows[flow]["name"], event["name"]) for flow, event in ends if event in held
    ]
    check(all(a == f"release {b}" for a, b in handed), "a hand-over to another lock")
    print(
        f"{len(tracks)} tracks, {len(attempts)} attempts, {len(handlers)} handlers, "
        f"{len(changes)} counter values, {len(handed)} hand-overs, {len(injections)} injections"
    )


RECORD = re.compile(r"^\s*(\S+)-(\d+)\s+\[(\d+)\]\s+(?:[\w.]{4,5}\s+)?(\d+)\.(\d+): +(\w+): +(.*)$")


def records_of(path):
    """(cpu, name, text, ns) of each line of a trace report or a `trace` file."""
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or re.match(r"cpus=|CPU \d+ is empty", line):
                continue
            match = RECORD.match(line)
            check(match is not None, f"not a record: {line.strip()}")
            _, _, cpu, seconds, rest, name, text = match.groups()
            ns = int(seconds) * 10**9 + int(rest.ljust(9, "0"))
            rows.append((int(cpu), name, text.rstrip(), ns))
    return rows


RECORD_OF = {
    "acquire_begin": "lock_acquire",
    "release_begin": "lock_release",
    "release_end": "lock_released",
    "inject_fired": "injection",
    "irq_off": "irqs_off",
    "irq_on": "irqs_on",
}


def expected_records(show):
    """What each event of a run is called as a record, with its CPU, step and virtual time."""
    words = {id(event) for event in word_stores(show)}
    rows = []
    for event in show["events"]:
        name = RECORD_OF.get(event["kind"], event["kind"])
        if name in ("load", "fence", "clock_read"):
            continue
        if name == "acquire_end":
            name = "lock_acquired" if event["return"] == 0 else "lock_failed"
        if name in ("context_enter", "context_exit"):
            name = event["context"] + ("_entry" if name == "context_enter" else "_exit")
        if id(event) in words:
            name = "lock_word"
        rows.append((event["cpu"], name, event["step"], event["time_ns"]))
    return rows


def records(path, show):
    found = records_of(path)
    plain = []
    for cpu, name, text, ns in found:
        if name in ("finding", "lock_contended"):
            continue
        match = re.search(r" ns=(\d+) step=(\d+)$", text)
        check(match is not None, f"no time in {text}")
        plain.append((cpu, name, int(match.group(2)), int(match.group(1))))
        near = abs(ns - int(match.group(1))) <= 1000 + len(found)
        check(near, f"{name} of {match.group(1)} ns stands at {ns} ns")
    expected = expected_records(show)
    for want, got in zip(expected, plain):
        check(want == got, f"expected {want}, found {got}")
    check(len(expected) == len(plain), f"{len(plain)} of {len(expected)} records")
    told = sum(name == "finding" for _, name, _, _ in found)
    check(told == len(show["findings"]), f"{told} of {len(show['findings'])} findings")
    print(f"{len(plain)} records, {told} findings")


def sarif(path):
    with open(path, encoding="utf-8") as file:
        log = json.load(file)
    check(log["version"] == "2.1.0" and "sarif-2.1.0" in log["$schema"], "version")
    check(len(log["runs"]) == 1, "one run")
    driver = log["runs"][0]["tool"]["driver"]
    check(driver["name"] == "lockstep" and driver["version"], "the driver")
    rules = [rule["id"] for rule in driver["rules"]]
    check(len(rules) == len(set(rules)), "a rule twice")
    for result in log["runs"][0]["results"]:
        check(rules[result["ruleIndex"]] == result["ruleId"], "rule and its index")
        check(result["level"] == "error" and result["message"]["text"], "level and message")
        for location in result["locations"] + result["relatedLocations"]:
            place = location["physicalLocation"]
            uri = place["artifactLocation"]["uri"]
            check(re.fullmatch(r"(file:///)?[\w./%+~-]+", uri), f"the URI {uri}")
            check(place["region"]["startLine"] >= 1, "a line below 1")
    for result in log["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        print(result["ruleId"], place["artifactLocation"]["uri"], place["region"]["startLine"])


def junit(path):
    root = ElementTree.parse(path).getroot()
    check(root.tag == "testsuites", "the root")
    cases = root.findall("testsuite/testcase")
    failed = [case for case in cases if case.findall("failure")]
    skipped = [case for case in cases if case.findall("skipped")]
    for name, rows in (("tests", cases), ("failures", failed), ("skipped", skipped)):
        check(int(root.get(name)) == len(rows), f"{name} is {root.get(name)}, not {len(rows)}")
        inside = sum(int(suite.get(name)) for suite in root.findall("testsuite"))
        check(inside == len(rows), f"{name} of the suites")
    for case in cases:
        check(case.get("name") and case.get("classname"), "a case without a name")
    for case in failed:
        print(case.get("name"), case.find("failure").get("type"))
    print(f"{len(cases)} cases, {len(failed)} failed, {len(skipped)} skipped")


def main():
    what, path = sys.argv[1:3]
    if what in ("sarif", "junit"):
        return {"sarif": sarif, "junit": junit}[what](path)
    with open(sys.argv[3], encoding="utf-8") as file:
        show = json.load(file)
    return {"perfetto": perfetto, "records": records}[what](path, show)


if __name__ == "__main__":
    main()
