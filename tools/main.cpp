// The lockstep command. Everything is in command_line.cpp, so that tests can link it.
#include "tools/commands.h"

int main(int argc, char** argv) {
    return lockstep::run_command_line(argc, argv);
}
