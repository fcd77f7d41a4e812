// The lockstep command: parses the command line and turns every kind of wrong into its exit code.
#include <csignal>

#include "tools/command.h"
#include "tools/suggest.h"

namespace lockstep {

namespace {

volatile std::sig_atomic_t interrupted = 0;

void note_interrupt(int) {
    interrupted = 1;
}

void collect_words(const CLI::App& app, std::vector<std::string>& words) {
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        words.push_back(command->get_name());
        if (command->parsed()) collect_words(*command, words);
    }
}

// CLI11's own messages say what is wrong; this adds what was probably meant.
int tell_usage(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
    std::vector<std::string> words;
    collect_words(app, words);
    std::string meant;
    for (int i = 1; i < argc && meant.empty(); ++i) {
        const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
        if (std::find(words.begin(), words.end(), word) == words.end() &&
            (word.rfind("--", 0) == 0 || i == 1))
            meant = did_you_mean(word, words);
    }
    complain(std::string(error.what()) + meant + "; `lockstep --help` shows what there is");
    return kExitUsage;
}

int run_body(const CommandBody& body, Output& output) {
    try {
        return body(output);
    } catch (const PortError& error) {
        complain(error.message +
                 (error.suggestion.empty() ? "" : "; did you mean `" + error.suggestion + "`?"));
        return kExitUsage;
    } catch (const EngineBug& error) {
        complain(std::string("bug in lockstep itself: ") + error.what());
        return kExitOurBug;
    } catch (const std::exception& error) {
        complain(std::string("bug in lockstep itself: ") + error.what());
        return kExitOurBug;
    }
}

int run_command_line(int argc, char** argv) {
    CLI::App app(
        "Lockstep drives Linux's resilient queued spin lock through reentrancy and deadlock"
        " on a simulated multi-CPU machine.",
        "lockstep");
    app.set_version_flag("--version", tool_version());
    app.require_subcommand(1);
    app.footer(
        "Examples:\n"
        "  lockstep run scenarios/deadlock         run a folder of scenarios\n"
        "  lockstep show aa-nmi                    see one execution, step by step\n"
        "  lockstep port add ~/linux --all         put your own tree under test\n\n"
        "Exit codes: 0 as expected, 1 not as expected, 4 all skipped, 64 usage or bad input,\n"
        "70 a bug of lockstep itself, 75 try again");
    CommandBody body;
    add_run_command(app, body);
    add_replay_command(app, body);
    add_show_command(app, body);
    add_list_command(app, body);
    add_port_command(app, body);
    add_completion_command(app, body);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);
        return tell_usage(app, error, argc, argv);
    }
    Output output;
    return output.finish(run_body(body, output));
}

}  // namespace

const volatile std::sig_atomic_t* interrupt_flag() {
    return &interrupted;
}

std::string tool_version() {
    return std::string("lockstep ") + LOCKSTEP_VERSION;
}

}  // namespace lockstep

int main(int argc, char** argv) {
    std::signal(SIGINT, lockstep::note_interrupt);
    return lockstep::run_command_line(argc, argv);
}
