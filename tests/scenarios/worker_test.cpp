// Workers: messages arrive whole, and every way to die is noticed.
#include "scenarios/worker.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>

#include "scenarios/runner.h"
#include "sim/check.h"

namespace lockstep {
namespace {

struct Received {
    WorkerEnd end;
    std::vector<std::string> messages;
};

Received run(const std::function<int(WorkerPort&)>& work) {
    Received received;
    WorkerTask task;
    task.work = work;
    task.received = [&received](const std::string& message) {
        received.messages.push_back(message);
    };
    received.end = run_worker(task);
    return received;
}

TEST(Worker, MessagesArriveInOrderAndWhole) {
    const std::string large(300'000, 'x');
    const Received received = run([&large](WorkerPort& port) {
        port.send("");
        port.send(large);
        port.send(std::string("a\0b", 3));
        return 5;
    });
    EXPECT_EQ(received.end.how, WorkerEnd::How::returned);
    EXPECT_EQ(received.end.code, 5);
    EXPECT_EQ(received.messages, (std::vector<std::string>{"", large, std::string("a\0b", 3)}));
}

TEST(Worker, WhatItDoesToItsMemoryIsItsOwnAffair) {
    int value = 1;
    run([&value](WorkerPort&) { return value = 2; });
    EXPECT_EQ(value, 1);
}

TEST(Worker, ADeathBySignalIsToldWithTheLastMark) {
    const Received received = run([](WorkerPort& port) {
        port.send("before");
        port.set_mark(41);
        std::signal(SIGKILL, SIG_DFL);
        kill(getpid(), SIGKILL);
        return 0;
    });
    EXPECT_EQ(received.end.how, WorkerEnd::How::signalled);
    EXPECT_EQ(received.end.code, SIGKILL);
    EXPECT_EQ(received.end.mark, 41u);
    EXPECT_EQ(received.messages, std::vector<std::string>{"before"});
}

TEST(Worker, ABrokenInvariantInItIsAnExitWithCode70) {
    const Received received = run([](WorkerPort&) {
        SIM_CHECK_MSG(false, "this message belongs to the test");
        return 0;
    });
    EXPECT_EQ(received.end.how, WorkerEnd::How::exited);
    EXPECT_EQ(received.end.code, 70);
}

TEST(Worker, AnExceptionInItIsAnExitWithCode70) {
    const Received received = run(
        [](WorkerPort&) -> int { throw std::runtime_error("this message belongs to the test"); });
    EXPECT_EQ(received.end.how, WorkerEnd::How::exited);
    EXPECT_EQ(received.end.code, 70);
}

TEST(Worker, GarbageInThePipeIsNotTakenForAMessage) {
    WorkerTask task;
    std::vector<std::string> messages;
    task.work = [](WorkerPort& port) {
        port.send("good");
        // The pipe is the highest open file in this process.
        for (int file = 63; file >= 3; --file)
            if (write(file, "sixteen bytes of nothing at all!", 32) == 32) break;
        return 0;
    };
    task.received = [&messages](const std::string& message) { messages.push_back(message); };
    EXPECT_THROW(run_worker(task), EngineBug);
    EXPECT_EQ(messages, std::vector<std::string>{"good"});
}

volatile std::sig_atomic_t asked_to_end = 0;

TEST(Worker, IsStoppedWhenAsked) {
    asked_to_end = 0;
    WorkerTask task;
    task.interrupted = &asked_to_end;
    task.work = [](WorkerPort& port) {
        port.send("started");
        for (;;) pause();
        return 0;
    };
    task.received = [](const std::string&) { asked_to_end = 1; };
    const auto begin = std::chrono::steady_clock::now();
    const WorkerEnd end = run_worker(task);
    EXPECT_EQ(end.how, WorkerEnd::How::interrupted);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace lockstep
