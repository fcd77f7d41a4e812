// All oracles, one line each, in the order in which they see an event.
#include "sim/oracles/oracles.h"

namespace lockstep {

const std::vector<OracleEntry>& oracle_registry() {
    static const std::vector<OracleEntry> entries = {
        mutual_exclusion_entry(),    //
        lock_word_entry(),           //
        queue_nodes_entry(),         //
        held_table_entry(),          //
        context_discipline_entry(),  //
        truthful_errors_entry(),     //
        collateral_entry(),          //
        bounded_time_entry(),        //
        fairness_entry(),            //
        data_race_entry(),           //
        progress_entry(),            //
    };
    return entries;
}

}  // namespace lockstep
