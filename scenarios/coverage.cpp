// Everything is looked up in tables made before the first execution; only news allocates.
#include "scenarios/coverage.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "lock/linux/loader.h"
#include "sim/check.h"

namespace lockstep {

namespace {

constexpr const char kPlainAccess[] = "pc:";

}  // namespace

std::string site_text(const sim_site& site) {
    const std::string file = site.file;
    const std::string short_file = file.substr(file.rfind('/') + 1);
    if (short_file.empty()) return site.expression;
    return short_file + ":" + std::to_string(site.line) + " " + site.expression;
}

std::string name_plain(const Port& port, const std::string& name) {
    std::string text;
    std::size_t done = 0;
    for (std::size_t at = name.find(kPlainAccess); at != std::string::npos;
         at = name.find(kPlainAccess, done)) {
        char* end = nullptr;
        const std::uintptr_t pc = std::strtoull(name.c_str() + at + 3, &end, 16);
        std::string place = describe_pc(port, pc);
        place = place.substr(place.rfind('/') + 1);
        text +=
            name.substr(done, at - done) + (place.empty() ? "plain access" : place + " (plain)");
        done = static_cast<std::size_t>(end - name.c_str());
    }
    return text + name.substr(done);
}

std::vector<std::string> coverable(const Port& port) {
    std::vector<std::string> names;
    for (const PortPoint& point : port.points)
        if (!point.where.empty()) names.push_back("point " + point.name);
    for (const sim_site* site : port_sites(port)) names.push_back("site " + site_text(*site));
    return names;
}

Coverage::Coverage(const Port& port)
    : table_(kTableSize), names_(1), pairs_(kSitesMax * kSitesMax / 64) {
    for (const sim_site* site : port_sites(port)) unseen_.push_back({site, site->hits});
    std::uint32_t bytes = 0;
    for (const Object& object : Machine::instance().objects()) {
        object_at_.push_back(bytes);
        bytes += object.size;
    }
    writers_.resize(bytes, kNoSite);
    names_.reserve(kSitesMax);
}

void Coverage::begin_execution() {
    std::fill(writers_.begin(), writers_.end(), kNoSite);
    std::fill(std::begin(last_site_), std::end(last_site_), kNoSite);
    std::fill(std::begin(finding_sites_), std::end(finding_sites_), kNoSite);
    findings_ = 0;
}

Coverage::SiteId Coverage::id_of(const Event& event) {
    const std::uintptr_t key =
        event.pc != 0 ? event.pc : reinterpret_cast<std::uintptr_t>(event.site);
    if (key == 0) return kNoSite;
    std::size_t at = (key >> 3) * 0x9e3779b97f4a7c15ULL >> 51;
    while (table_[at].key != 0 && table_[at].key != key) at = (at + 1) % kTableSize;
    if (table_[at].key == key) return table_[at].id;
    if (names_.size() == kSitesMax) return kNoSite;
    const auto id = static_cast<SiteId>(names_.size());
    names_.push_back({event.pc != 0 ? nullptr : event.site, event.pc});
    table_[at] = {key, id};
    new_sites_.push_back(id);
    const auto known = std::find_if(unseen_.begin(), unseen_.end(), [&event](const Unseen& unseen) {
        return unseen.site == event.site;
    });
    if (known != unseen_.end()) unseen_.erase(known);
    return id;
}

void Coverage::note_read(const Event& event, SiteId reader) {
    SiteId before = kNoSite;
    for (unsigned byte = 0; byte < event.size; ++byte) {
        const std::size_t at = object_at_[event.object] + event.offset + byte;
        if (at >= writers_.size()) return;  // it reaches beyond the last object
        const SiteId writer = writers_[at];
        if (writer == before || writer == kNoSite) continue;
        before = writer;
        const auto pair = static_cast<std::uint32_t>(writer * kSitesMax + reader);
        std::uint64_t& bits = pairs_[pair / 64];
        const std::uint64_t bit = std::uint64_t{1} << pair % 64;
        if ((bits & bit) != 0) continue;
        bits |= bit;
        new_pairs_.push_back(pair);
    }
}

void Coverage::note_write(const Event& event, SiteId writer) {
    const std::size_t from = object_at_[event.object] + event.offset;
    const std::size_t to = std::min(from + event.size, writers_.size());
    for (std::size_t at = from; at < to; ++at) writers_[at] = writer;
}

void Coverage::on_event(const Event& event) {
    const bool access = event.kind == EventKind::load || event.kind == EventKind::store;
    if (access || event.kind == EventKind::fence) {
        const SiteId site = id_of(event);
        last_site_[event.cpu] = site;
        if (access && site != kNoSite && event.object < object_at_.size()) {
            const bool reads = event.kind == EventKind::load || event.rmw != 0;
            if (reads) note_read(event, site);
            if (event.kind == EventKind::store) note_write(event, site);
        }
    } else if (event.kind == EventKind::point && event.aux < kPointCount && !points_[event.aux]) {
        points_[event.aux] = true;
        new_points_.push_back(static_cast<PointId>(event.aux));
    }
    const std::uint32_t findings = Machine::instance().findings_until_now();
    for (; findings_ < findings; ++findings_)
        if (findings_ < kFindingsKept) finding_sites_[findings_] = last_site_[event.cpu];
}

std::string Coverage::name_of(SiteId id) const {
    const SiteName& name = names_.at(id);
    if (name.pc == 0) return name.site == nullptr ? "" : site_text(*name.site);
    std::ostringstream text;
    text << kPlainAccess << std::hex << name.pc;
    return text.str();
}

std::vector<std::string> Coverage::news() {
    std::vector<std::string> texts;
    for (const PointId point : new_points_)
        texts.push_back("point " + std::string(kPoints[point].name));
    for (const SiteId site : new_sites_) texts.push_back("site " + name_of(site));
    for (const std::uint32_t pair : new_pairs_)
        texts.push_back("pair " + name_of(static_cast<SiteId>(pair / kSitesMax)) + " -> " +
                        name_of(static_cast<SiteId>(pair % kSitesMax)));
    new_points_.clear();
    new_sites_.clear();
    new_pairs_.clear();
    // A place that makes no event of its own (a clock read, a cpu_relax) counts its visits.
    const auto reached = [](const Unseen& unseen) { return unseen.site->hits != unseen.hits; };
    for (const Unseen& unseen : unseen_)
        if (reached(unseen)) texts.push_back("site " + site_text(*unseen.site));
    unseen_.erase(std::remove_if(unseen_.begin(), unseen_.end(), reached), unseen_.end());
    return texts;
}

std::string Coverage::site_of_finding(std::size_t n) const {
    return n < kFindingsKept ? name_of(finding_sites_[n]) : "";
}

}  // namespace lockstep
