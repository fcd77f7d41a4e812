// Rows of a long run: those beyond the limit are left out at the beginning, their effect is not.
#include "tools/report_rows.h"

#include <gtest/gtest.h>

#include "tools/shown_run.h"

namespace lockstep {
namespace {

nlohmann::ordered_json end_of(const ReportRows& rows) {
    nlohmann::ordered_json values = rows.initial;
    for (const auto& row : rows.rows)
        for (std::size_t i = 0; i < row[10].size(); i += 2)
            values[row[10][i].get<std::size_t>()] = row[10][i + 1];
    return values;
}

TEST(ReportRows, BeyondTheLimitTheFirstAreLeftOutAndTheStateTheyLedToIsKept) {
    ChosenRun chosen;
    chosen.what = "abba-2cpu";
    chosen.port = "rqspinlock";
    const ShownRun shown(chosen);
    const ReportRows all(shown.trace.recording, 300'000);
    EXPECT_EQ(all.dropped, 0U);
    EXPECT_EQ(all.first_step, 0U);
    ASSERT_GT(all.rows.size(), 40U);
    const ReportRows last(shown.trace.recording, 30);
    EXPECT_EQ(last.rows.size(), 30U);
    EXPECT_EQ(last.dropped, all.rows.size() - 30);
    EXPECT_GT(last.first_step, 0U);
    EXPECT_NE(last.initial, all.initial);
    EXPECT_EQ(end_of(last), end_of(all));
}

}  // namespace
}  // namespace lockstep
