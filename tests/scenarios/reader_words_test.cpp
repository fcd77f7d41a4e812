// The words a scenario may use are those of the plug-ins: whoever adds an oracle or gives a port a
// new feature learns here that scenarios cannot name it yet.
#include <gtest/gtest.h>

#include "lock/port.h"
#include "scenarios/body_names.h"
#include "scenarios/reader_keys.h"
#include "sim/oracle.h"

namespace lockstep {
namespace {

TEST(reader_words, name_every_registered_oracle) {
    for (const OracleEntry& entry : oracle_registry())
        EXPECT_TRUE(index_of(oracle_words(), entry.name)) << entry.name;
}

TEST(reader_words, name_exactly_the_optional_oracles) {
    for (const OracleEntry& entry : oracle_registry())
        EXPECT_EQ(index_of(optional_oracles(), entry.name).has_value(), entry.optional)
            << entry.name;
}

TEST(reader_words, name_every_feature_of_every_port) {
    for (const Port& port : list_ports())
        for (const std::string& feature : port.features)
            EXPECT_TRUE(index_of(feature_words(), feature)) << port.name << " has " << feature;
}

TEST(reader_words, name_every_lock_class_of_every_port) {
    for (const Port& port : list_ports())
        EXPECT_TRUE(index_of(lock_class_words(), port.lock_class)) << port.name;
}

TEST(reader_words, suggest_the_nearest_and_nothing_far_away) {
    const Words words = {"res_spin_lock", "res_spin_unlock", "mdelay"};
    EXPECT_EQ(suggest_word("res_spinlock", words), "did you mean `res_spin_lock`?");
    EXPECT_EQ(suggest_word("mdleay", words), "did you mean `mdelay`?");
    EXPECT_EQ(suggest_word("mde", words), "did you mean `mdelay`?");
    EXPECT_EQ(suggest_word("barrier", words), "");
    EXPECT_EQ(suggest_word("", words), "");
    EXPECT_EQ(suggest_word("B", {"A"}), "") << "two letters have nothing in common";
}

}  // namespace
}  // namespace lockstep
