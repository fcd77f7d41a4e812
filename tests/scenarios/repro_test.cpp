// Repro files: what is written is read back, and nothing else is.
#include "scenarios/repro.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

Repro example() {
    const Scenario scenario = scenario_from(kAaNmi);
    Port port;
    port.name = "rqspinlock";
    port.source_hash = "00112233";
    Failure failure;
    failure.kind = Failure::Kind::finding;
    failure.oracle = "truthful-errors";
    failure.word = "missed";
    failure.text = "CPU 0 waits for A,\nwhich it holds";
    failure.scheduler = "random";
    failure.seed = 7;
    failure.result.steps = 123;
    failure.result.step_hash = 0xfedcba9876543210;
    for (std::uint16_t i = 0; i < 40; ++i) failure.picks.push_back({i, 41, 1000000});
    return make_repro(scenario, port, failure, "lockstep 0.1.0");
}

ReproProblem problem_in(const std::string& text) {
    const auto result = read_repro(text);
    if (std::holds_alternative<Repro>(result)) return {0, "no problem at all"};
    return std::get<ReproProblem>(result);
}

// As if somebody edited the file and made the checksum fit again.
std::string resealed(const std::string& text) {
    const std::string body = text.substr(0, text.rfind("checksum: "));
    char sum[17];
    std::snprintf(sum, sizeof(sum), "%016llx",
                  static_cast<unsigned long long>(XXH3_64bits(body.data(), body.size())));
    return body + "checksum: " + sum + "\n";
}

TEST(Repro, ReadsBackWhatWasWritten) {
    const Repro repro = example();
    const auto result = read_repro(write_repro(repro));
    ASSERT_TRUE(std::holds_alternative<Repro>(result)) << std::get<ReproProblem>(result).message;
    const Repro& read = std::get<Repro>(result);
    EXPECT_EQ(read.picks, repro.picks);
    EXPECT_EQ(read.scenario_text, kAaNmi);
    EXPECT_EQ(read.step_hash, repro.step_hash);
    EXPECT_EQ(read.steps, 123u);
    EXPECT_EQ(read.seed, 7u);
    EXPECT_EQ(read.oracle, "truthful-errors");
    EXPECT_EQ(read.text, "CPU 0 waits for A, which it holds");
    EXPECT_EQ(write_repro(read), write_repro(repro));
}

TEST(Repro, LinesStayShortAndWithoutTrailingBlanksForTheMail) {
    Repro repro = example();
    repro.oracle.clear();
    repro.scenario_text = "a\n\nb";
    const std::string text = write_repro(repro);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 120u);
        EXPECT_NE(line.back(), ' ') << line;
    }
    const auto result = read_repro(text);
    ASSERT_TRUE(std::holds_alternative<Repro>(result));
    EXPECT_EQ(std::get<Repro>(result).scenario_text, "a\n\nb");
    EXPECT_EQ(std::get<Repro>(result).oracle, "");
}

TEST(Repro, TheScenarioInsideIsTheOneThatWasRun) {
    const auto result = scenario_of(example());
    ASSERT_TRUE(std::holds_alternative<Scenario>(result));
    EXPECT_EQ(std::get<Scenario>(result).name, "aa-nmi");
}

TEST(Repro, EveryCutIsRefused) {
    const std::string text = write_repro(example());
    for (std::size_t length = 0; length < text.size(); ++length)
        ASSERT_TRUE(std::holds_alternative<ReproProblem>(read_repro(text.substr(0, length))))
            << "cut after " << length << " bytes";
}

TEST(Repro, EveryChangedByteIsRefused) {
    const std::string text = write_repro(example());
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        ASSERT_TRUE(std::holds_alternative<ReproProblem>(read_repro(changed)))
            << "changed byte " << i;
    }
}

TEST(Repro, SaysWhatIsWrongAndWhere) {
    const std::string text = write_repro(example());
    EXPECT_EQ(problem_in("scenario: 1\n").line, 1u);
    EXPECT_NE(problem_in("scenario: 1\n").message.find("not a repro file"), std::string::npos);
    EXPECT_NE(problem_in(replaced(text, "lockstep-repro 1", "lockstep-repro 9"))
                  .message.find("format `9`"),
              std::string::npos);
    const ReproProblem cut = problem_in(text.substr(0, text.size() / 2));
    EXPECT_NE(cut.message.find("cut off"), std::string::npos);
    EXPECT_GT(cut.line, 10u);
    const ReproProblem changed = problem_in(replaced(text, "mdelay(20)", "mdelay(21)"));
    EXPECT_NE(changed.message.find("checksum"), std::string::npos);
}

TEST(Repro, AnotherEngineIsRefused) {
    Repro repro = example();
    repro.engine = kEngineVersion + 1;
    const ReproProblem problem = problem_in(write_repro(repro));
    EXPECT_EQ(problem.line, 3u);
    EXPECT_NE(problem.message.find("engine"), std::string::npos);
}

TEST(Repro, WhatDoesNotFitIsToldWithItsLine) {
    const std::string text = write_repro(example());
    struct Edit {
        const char *from, *to, *told;
        std::uint32_t line;
    };
    const Edit edits[] = {
        {"| 0/41*1000000", "| 50/41*1000000", "picks", 19},
        {"| 0/41*1000000", "> 0/41*1000000", "begins with", 19},
        {"port: rqspinlock", "prot: rqspinlock", "`port: ...`", 4},
        {"seed: 7", "seed: seven", "seed must be a number", 15},
        {"seed: 7", "seed: 7 ", "seed must be a number", 15},
        {"step-hash: fedc", "step-hash: xedc", "step-hash must be a number", 17},
        {"engine: 3", "engine: 99999999999999999999", "engine must be a number", 3},
    };
    for (const Edit& edit : edits) {
        const ReproProblem problem = problem_in(resealed(replaced(text, edit.from, edit.to)));
        EXPECT_NE(problem.message.find(edit.told), std::string::npos)
            << edit.to << ": " << problem.message;
        EXPECT_EQ(problem.line, edit.line) << edit.to;
    }
    const ReproProblem more =
        problem_in(resealed(replaced(text, "checksum: ", "extra\nchecksum: ")));
    EXPECT_NE(more.message.find("unexpected text"), std::string::npos) << more.message;
}

TEST(Repro, AChangedPortIsRefused) {
    const Repro repro = example();
    Port port;
    port.name = "rqspinlock";
    port.source_hash = "00112233";
    EXPECT_EQ(refuses_port(repro, port), "");
    port.source_hash = "44556677";
    EXPECT_NE(refuses_port(repro, port).find("has changed"), std::string::npos);
    port.name = "tas";
    EXPECT_NE(refuses_port(repro, port).find("not on tas"), std::string::npos);
}

TEST(Repro, AForeignScenarioInsideIsRefused) {
    Repro repro = example();
    repro.scenario_text += "\n# one more line\n";
    EXPECT_TRUE(std::holds_alternative<ReproProblem>(scenario_of(repro)));
    repro.scenario_text = "locks: 7\n";
    EXPECT_TRUE(std::holds_alternative<ReproProblem>(scenario_of(repro)));
}

TEST(Repro, IsSavedWholeOrNotAtAll) {
    const std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / "lockstep-repro-test";
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "one.repro").string();
    EXPECT_EQ(save_repro(example(), path), std::nullopt);
    std::ifstream file(path, std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    EXPECT_EQ(content.str(), write_repro(example()));
    const auto refused = save_repro(example(), (folder / "missing" / "one.repro").string());
    ASSERT_TRUE(refused.has_value());
    EXPECT_NE(refused->find("cannot create"), std::string::npos);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        (void)entry;
        ++files;
    }
    EXPECT_EQ(files, 1u);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lockstep
