// Clients: the kernel's own test modules, built together with the kernel's lock into one shared
// object each, on demand, in the user's cache beside the ports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lock/linux/flavour.h"
#include "lock/port.h"

struct kclient_result;  // lock/linux/client/client.h

namespace lockstep {

struct Client {
    std::string name;  // "rqsl"; its unit is client/<name>.c
    std::string summary;
    std::vector<std::string> kernel_files;  // besides those of the flavour
    std::string header;                     // ours that stands for ...
    std::vector<std::string> headers;       // ... those that the files include
    std::vector<std::string> units;         // further units of ours, client/<unit>
};

const std::vector<Client>& clients();
const Client* client_by_name(const std::string& name);

struct ClientParameter {
    std::string name;
    std::string type;  // int, bool, charp; empty: cannot be set here
    std::string text;
    std::string value;  // the module's own default
    void* place = nullptr;
};

struct ClientLock {
    std::string name;
    void* memory = nullptr;
    bool resilient = true;
};

struct ClientResult {
    std::string name, what;
    int expected = 0, got = 0;
};

// An opened one. Everything it points to lives as long as the program.
struct ClientModule {
    std::string name;
    Port port;  // the lock in it
    std::vector<ClientParameter> parameters;
    std::vector<ClientLock> locks;
    int (*init)() = nullptr;
    void (*exit)() = nullptr;
    std::uint64_t* uptime_ns = nullptr;
    const kclient_result* results = nullptr;
    std::size_t result_count = 0;
};

// Of a selftest that has run.
std::vector<ClientResult> results_of(const ClientModule& module);

// The kernel tree in the cache that has this version ("7.2.12"); empty: there is none.
std::string cached_tree(const std::string& version);

// Builds it if it is not there, against the lock of this kernel port, and loads it. `tree` empty:
// the one in the cache that has the port's version. Throws PortError.
ClientModule open_client(const std::string& client, const std::string& port,
                         const std::string& tree);

// "4", "1", "spin_lock". Throws PortError saying what fits.
void set_parameter(const ClientParameter& parameter, const std::string& value);

}  // namespace lockstep
