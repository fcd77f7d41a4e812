// Writing the tables.
#include "tools/lock_tables.h"

#include <algorithm>
#include <cstdio>

#include "sim/types.h"
#include "tools/describe.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kClassColumn = 40;
constexpr std::size_t kFigureColumn = 15;
constexpr unsigned kBarColumns = 40;

std::string microseconds(TimeNs ns) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", static_cast<double>(ns) / 1000.0);
    return text;
}

std::vector<std::string> span_columns(const Span& span) {
    const TimeNs average = span.count == 0 ? 0 : span.total / span.count;
    return {microseconds(span.least), microseconds(span.most), microseconds(span.total),
            microseconds(average)};
}

std::string lock_stat_row(const std::string& name, const std::vector<std::string>& figures) {
    std::string row = pad_left(name, kClassColumn);
    for (const std::string& figure : figures) row += pad_left(figure, kFigureColumn);
    return row;
}

Json span_json(const Span& span) {
    return {{"count", span.count},
            {"total_ns", span.total},
            {"min_ns", span.least},
            {"max_ns", span.most}};
}

// One line per CPU and context that acquired anything.
std::vector<std::string> result_lines(const LockFigures& figures) {
    std::vector<std::string> lines;
    for (unsigned cpu = 0; cpu < kCpusMax; ++cpu)
        for (unsigned context = 0; context < LockFigures::kContexts; ++context) {
            const LockFigures::Results& results = figures.results[cpu][context];
            if (results.all() == 0) continue;
            lines.push_back(context_text(static_cast<CpuId>(cpu), static_cast<Context>(context)) +
                            ": 0 " + counted(results.success, "time") + ", -EDEADLK " +
                            counted(results.deadlock, "time") + ", -ETIMEDOUT " +
                            counted(results.timeout, "time"));
        }
    return lines;
}

unsigned last_bucket(const std::uint64_t* buckets) {
    unsigned last = 0;
    for (unsigned i = 0; i < LockFigures::kBuckets; ++i)
        if (buckets[i] != 0) last = i;
    return last;
}

unsigned first_bucket(const std::uint64_t* buckets) {
    unsigned first = 0;
    while (first + 1 < LockFigures::kBuckets && buckets[first] == 0) ++first;
    return first;
}

TimeNs bucket_end(unsigned bucket) {
    return TimeNs{1} << bucket;
}

}  // namespace

std::vector<std::string> lock_names_of(const Scenario& scenario) {
    std::vector<std::string> names;
    for (const LockDeclaration& lock : scenario.locks) names.push_back(lock.name);
    return names;
}

std::vector<std::string> figure_lines(const FigureTables& wanted,
                                      const std::vector<std::string>& locks,
                                      const LockFigures& figures) {
    std::vector<std::string> lines;
    const auto append = [&lines](const std::vector<std::string>& more) {
        lines.insert(lines.end(), more.begin(), more.end());
    };
    if (wanted.lock_stat) append(lock_stat_lines(locks, figures));
    if (wanted.lock_events) append(lock_event_lines(figures));
    if (wanted.latency) append(latency_lines(figures));
    return lines;
}

void add_figures(Json& to, const std::vector<std::string>& locks, const LockFigures& figures) {
    to["locks"] = lock_stat_json(locks, figures);
    to["lock_events"] = lock_events_json(figures);
    to["latency"] = latency_json(figures);
}

std::vector<std::string> lock_stat_lines(const std::vector<std::string>& locks,
                                         const LockFigures& figures) {
    std::vector<std::string> lines = {"lock_stat version 0.4"};
    const std::string heading = lock_stat_row(
        "class name", {"con-bounces", "contentions", "waittime-min", "waittime-max",
                       "waittime-total", "waittime-avg", "acq-bounces", "acquisitions",
                       "holdtime-min", "holdtime-max", "holdtime-total", "holdtime-avg"});
    const std::string rule(heading.size(), '-');
    lines.insert(lines.end(), {rule, heading, rule});
    for (std::size_t i = 0; i < locks.size(); ++i) {
        const LockFigures::PerLock& lock = figures.locks[i];
        if (lock.acquisitions == 0 && lock.wait.count == 0) continue;
        std::vector<std::string> columns = {std::to_string(lock.contention_bounces),
                                            std::to_string(lock.wait.count)};
        for (const std::string& column : span_columns(lock.wait)) columns.push_back(column);
        columns.push_back(std::to_string(lock.acquisition_bounces));
        columns.push_back(std::to_string(lock.acquisitions));
        for (const std::string& column : span_columns(lock.hold)) columns.push_back(column);
        lines.push_back(lock_stat_row(locks[i] + ":", columns));
    }
    return lines;
}

Json lock_stat_json(const std::vector<std::string>& locks, const LockFigures& figures) {
    Json json = Json::array();
    for (std::size_t i = 0; i < locks.size(); ++i) {
        const LockFigures::PerLock& lock = figures.locks[i];
        json.push_back({{"name", locks[i]},
                        {"con_bounces", lock.contention_bounces},
                        {"contentions", lock.wait.count},
                        {"waittime", span_json(lock.wait)},
                        {"acq_bounces", lock.acquisition_bounces},
                        {"acquisitions", lock.acquisitions},
                        {"holdtime", span_json(lock.hold)}});
    }
    return json;
}

std::vector<std::string> lock_event_lines(const LockFigures& figures) {
    std::vector<std::string> lines;
    for (const LockFigures::Named& event : figures.events)
        if (event.name[0] != '\0')
            lines.push_back(std::string(event.name) + "=" + std::to_string(event.count));
    std::sort(lines.begin(), lines.end());
    return lines;
}

Json lock_events_json(const LockFigures& figures) {
    Json json = Json::object();
    for (const LockFigures::Named& event : figures.events)
        if (event.name[0] != '\0') json[event.name] = event.count;
    return json;
}

std::vector<std::string> latency_lines(const LockFigures& figures) {
    std::vector<std::string> lines;
    for (unsigned context = 0; context < LockFigures::kContexts; ++context) {
        const std::uint64_t* const buckets = figures.latency[context];
        const Span& all = figures.latencies[context];
        if (all.count == 0) continue;
        lines.push_back("latency in " + std::string(context_name(static_cast<Context>(context))) +
                        ": " + counted(all.count, "attempt") + ", " + time_text(all.least) +
                        " to " + time_text(all.most) + ", " + time_text(all.total / all.count) +
                        " on average");
        const std::uint64_t highest = *std::max_element(buckets, buckets + LockFigures::kBuckets);
        for (unsigned i = first_bucket(buckets); i <= last_bucket(buckets); ++i) {
            const auto bar = static_cast<std::size_t>(buckets[i] * kBarColumns / highest);
            lines.push_back(trim_right(pad_left("< " + time_text(bucket_end(i)), 14) +
                                       pad_left(std::to_string(buckets[i]), 12) + " " +
                                       std::string(bar, '#')));
        }
    }
    for (const std::string& line : result_lines(figures)) lines.push_back(line);
    return lines;
}

Json latency_json(const LockFigures& figures) {
    Json json = Json::object();
    for (unsigned context = 0; context < LockFigures::kContexts; ++context) {
        const Span& all = figures.latencies[context];
        if (all.count == 0) continue;
        Json buckets = Json::array();
        for (unsigned i = 0; i < LockFigures::kBuckets; ++i)
            if (figures.latency[context][i] != 0)
                buckets.push_back(
                    {{"below_ns", bucket_end(i)}, {"count", figures.latency[context][i]}});
        json[context_name(static_cast<Context>(context))] = {{"attempts", span_json(all)},
                                                             {"buckets", buckets}};
    }
    return json;
}

}  // namespace lockstep
