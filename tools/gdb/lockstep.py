# Commands for gdb on the lockstep command, as `lockstep replay --gdb` starts it. The simulated CPUs
# are fibers of one thread; an unwinder shows gdb where a suspended one stands inside the kernel's
# code. Nothing is written to the process. For x86-64 and gdb 11 or later with Python.
"""lockstep-stop, -goto N, -step [N], -back [N], -tasks, -bt [N|all], -task N|off, -state."""

import os
import subprocess

import gdb
import gdb.unwinder

ON_EVENT = "_ZN8lockstep8Recorder8on_eventERKNS_5EventE"
REPORT = "_ZN8lockstep12_GLOBAL__N_14Sink6reportEPKcS3_RKNS_5EventES3_z"
# Where sim/arena.h and sim/state.h put things; tests/sim/gdb_addresses_test.cpp holds them to it.
STEPS_AT = 0x200000000048
TASKS_AT = 0x2000007FE000
STACKS_AT, STACK_SLOT = 0x200001000000, 0x11000
TASK_SIZE, NAME_AT, CPU_AT, STACK_POINTER_AT = 64, 16, 40, 56
TASKS_MAX, NAME_MAX = 128, 24
# What lockstep_switch (sim/fiber.cpp) has pushed, from the saved stack pointer upwards.
SAVED_REGISTERS = ["r15", "r14", "r13", "r12", "rbx", "rbp", "rip"]


def bytes_at(address, size):
    return bytes(gdb.selected_inferior().read_memory(address, size))


def number_at(address, size=8):
    return int.from_bytes(bytes_at(address, size), "little")


class Task:
    def __init__(self, number):
        at = TASKS_AT + number * TASK_SIZE
        self.number = number
        self.name = bytes_at(at + NAME_AT, NAME_MAX).split(b"\0")[0].decode("ascii", "replace")
        self.cpu = number_at(at + CPU_AT, 1)
        self.stack_pointer = number_at(at + STACK_POINTER_AT)

    def text(self):
        running = ", running" if self.runs() else ""
        return f"CPU{self.cpu} task {self.number} ({self.name}){running}"

    def runs(self):
        """The real stack pointer is on its stack: there is nothing to unwind to."""
        real = int(gdb.newest_frame().read_register("rsp"))
        return (real - STACKS_AT) // STACK_SLOT == self.number


def tasks():
    try:
        every = [Task(number) for number in range(TASKS_MAX)]
    except gdb.MemoryError as error:
        raise gdb.GdbError("no simulation is running; `lockstep-stop` starts it") from error
    return [task for task in every if task.stack_pointer != 0]


def task_named(argument):
    found = [task for task in tasks() if str(task.number) == argument.strip()]
    if not found:
        raise gdb.GdbError(f"no task `{argument}`; `lockstep-tasks` lists them")
    return found[0]


class FrameId:
    def __init__(self, stack_pointer, pc):
        self.sp = stack_pointer
        self.pc = pc


class FiberUnwinder(gdb.unwinder.Unwinder):
    """Puts the frames of the task that is looked at behind the innermost real one."""

    def __init__(self):
        super().__init__("lockstep-fiber")
        self.task = None

    def __call__(self, pending_frame):
        if self.task is None or pending_frame.level() != 0:
            return None
        word = gdb.lookup_type("unsigned long")
        pointer = self.task.stack_pointer
        # As if it stood right below: gdb refuses to unwind towards lower addresses.
        below = gdb.Value(pointer - 8).cast(word)
        here = FrameId(below, pending_frame.read_register("rip"))
        unwound = pending_frame.create_unwind_info(here)
        for number, name in enumerate(SAVED_REGISTERS):
            value = gdb.Value(number_at(pointer + 8 * number)).cast(word)
            unwound.add_saved_register(name, value)
        above = gdb.Value(pointer + 8 * len(SAVED_REGISTERS)).cast(word)
        unwound.add_saved_register("rsp", above)
        return unwound

    def look_at(self, task):
        self.task = task
        gdb.invalidate_cached_frames()


UNWINDER = FiberUnwinder()
gdb.unwinder.register_unwinder(None, UNWINDER, replace=True)


class Command(gdb.Command):
    def __init__(self):
        super().__init__(self.NAME, gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        del from_tty
        self.answer(argument)


class Stop(Command):
    """lockstep-stop: run until an oracle speaks; without a finding, to the end."""

    NAME = "lockstep-stop"

    def answer(self, argument):
        del argument
        UNWINDER.look_at(None)
        gdb.execute(f"tbreak *'{REPORT}'", to_string=True)
        gdb.execute("run")


class AtStep(gdb.Breakpoint):
    """Stops at the first event that is recorded behind a step."""

    def __init__(self, step):
        super().__init__(f"*'{ON_EVENT}'", internal=True)
        self.silent = True
        self.step = step

    def stop(self):
        return number_at(STEPS_AT) >= self.step


def go_to(step):
    """Again from the start: there is no way back but that."""
    UNWINDER.look_at(None)
    at_step = AtStep(step)
    try:
        gdb.execute("run", to_string=True)
    finally:
        at_step.delete()
    if gdb.selected_inferior().pid == 0:
        raise gdb.GdbError(f"the run has ended before step {step}")
    print(f"step {number_at(STEPS_AT)}")


def count_of(argument):
    text = argument.strip() or "1"
    if not text.isdigit():
        raise gdb.GdbError(f"expected a number, found `{text}`")
    return int(text)


class GoTo(Command):
    """lockstep-goto N: run again, to behind step N."""

    NAME = "lockstep-goto"

    def answer(self, argument):
        go_to(count_of(argument))


class Step(Command):
    """lockstep-step [N]: N steps on."""

    NAME = "lockstep-step"

    def answer(self, argument):
        tasks()
        go_to(number_at(STEPS_AT) + count_of(argument))


class Back(Command):
    """lockstep-back [N]: N steps back, by running again."""

    NAME = "lockstep-back"

    def answer(self, argument):
        tasks()
        go_to(max(number_at(STEPS_AT) - count_of(argument), 0))


class Tasks(Command):
    """lockstep-tasks: the tasks, and the CPU each of them is on."""

    NAME = "lockstep-tasks"

    def answer(self, argument):
        del argument
        print(f"step {number_at(STEPS_AT)}")
        for task in tasks():
            print(task.text())


class Backtrace(Command):
    """lockstep-bt [N|all]: where tasks stand, through the kernel's code; all of them without N.

A task that has ended is shown where it did."""

    NAME = "lockstep-bt"

    def answer(self, argument):
        wanted = tasks() if argument.strip() in ("", "all") else [task_named(argument)]
        before = UNWINDER.task
        for task in wanted:
            UNWINDER.look_at(None)
            running = task.runs()
            print(task.text())
            UNWINDER.look_at(None if running else task)
            try:
                frames = gdb.execute("backtrace 40", to_string=True).splitlines()
            finally:
                UNWINDER.look_at(before)
            print("\n".join(frames if running else frames[1:]))


class Look(Command):
    """lockstep-task N|off: `bt`, `up`, `frame` and `list` are about task N from here on."""

    NAME = "lockstep-task"

    def answer(self, argument):
        UNWINDER.look_at(None)
        if argument.strip() == "off":
            return
        task = task_named(argument)
        if not task.runs():
            UNWINDER.look_at(task)


class State(Command):
    """lockstep-state: lock words, queues and held tables here, as `lockstep step` tells them."""

    NAME = "lockstep-state"

    def answer(self, argument):
        del argument
        words = os.environ.get("LOCKSTEP_GDB_STEP", "").split("\n")
        if words == [""]:
            raise gdb.GdbError("this needs to be started by `lockstep replay --gdb`")
        commands = f"goto {number_at(STEPS_AT)}\np\nheld\nqueue\n"
        told = subprocess.run(words, input=commands, capture_output=True, text=True, check=False)
        print(told.stdout[max(told.stdout.find("(step) p"), 0):] + told.stderr, end="")


for each in (Stop, GoTo, Step, Back, Tasks, Backtrace, Look, State):
    each()
