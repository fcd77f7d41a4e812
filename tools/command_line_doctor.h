// The words of `lockstep doctor`.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/commands.h"

namespace lockstep {

CLI::App* add_doctor_command(CLI::App& app, DoctorArguments& doctor, const char* exit_codes);

}  // namespace lockstep
