// The table of body operations.
#include "scenarios/body_operations.h"

namespace lockstep {
namespace {

using Code = Statement::Code;
using Kind = ArgumentKind;
constexpr auto kNone = BodyOperation::Locks::none;
constexpr auto kResilient = BodyOperation::Locks::resilient;
constexpr auto kPlain = BodyOperation::Locks::plain;

std::vector<BodyOperation> lock_operations() {
    return {
        // name, code, arguments, returns, locks, task only, form
        {"res_spin_lock",
         Code::acquire,
         {Kind::lock},
         true,
         kResilient,
         false,
         "r0 = res_spin_lock(A);"},
        {"res_spin_unlock",
         Code::release,
         {Kind::lock},
         false,
         kResilient,
         false,
         "res_spin_unlock(A);"},
        {"res_spin_lock_irqsave",
         Code::acquire_irqsave,
         {Kind::lock, Kind::flags_out},
         true,
         kResilient,
         false,
         "r0 = res_spin_lock_irqsave(A, flags);"},
        {"res_spin_unlock_irqrestore",
         Code::release_irqrestore,
         {Kind::lock, Kind::flags_in},
         false,
         kResilient,
         false,
         "res_spin_unlock_irqrestore(A, flags);"},
        {"res_spin_trylock",
         Code::trylock,
         {Kind::lock},
         true,
         kResilient,
         false,
         "r0 = res_spin_trylock(A);"},
        {"spin_lock", Code::acquire, {Kind::lock}, true, kPlain, false, "spin_lock(A);"},
        {"spin_unlock", Code::release, {Kind::lock}, false, kPlain, false, "spin_unlock(A);"},
        {"spin_lock_irqsave",
         Code::acquire_irqsave,
         {Kind::lock, Kind::flags_out},
         true,
         kPlain,
         false,
         "spin_lock_irqsave(A, flags);"},
        {"spin_unlock_irqrestore",
         Code::release_irqrestore,
         {Kind::lock, Kind::flags_in},
         false,
         kPlain,
         false,
         "spin_unlock_irqrestore(A, flags);"},
        {"spin_trylock", Code::trylock, {Kind::lock}, true, kPlain, false, "r0 = spin_trylock(A);"},
    };
}

std::vector<BodyOperation> other_operations() {
    return {
        {"local_irq_save",
         Code::irq_save,
         {Kind::flags_out},
         false,
         kNone,
         false,
         "local_irq_save(flags);"},
        {"local_irq_restore",
         Code::irq_restore,
         {Kind::flags_in},
         false,
         kNone,
         false,
         "local_irq_restore(flags);"},
        {"local_irq_disable", Code::irq_disable, {}, false, kNone, false, "local_irq_disable();"},
        {"local_irq_enable", Code::irq_enable, {}, false, kNone, false, "local_irq_enable();"},
        {"preempt_disable", Code::preempt_disable, {}, false, kNone, false, "preempt_disable();"},
        {"preempt_enable", Code::preempt_enable, {}, false, kNone, false, "preempt_enable();"},
        {"mdelay", Code::mdelay, {Kind::amount}, false, kNone, false, "mdelay(20);"},
        {"udelay", Code::udelay, {Kind::amount}, false, kNone, false, "udelay(20);"},
        {"ndelay", Code::ndelay, {Kind::amount}, false, kNone, false, "ndelay(20);"},
        {"msleep", Code::sleep_ms, {Kind::amount}, false, kNone, true, "msleep(20);"},
        {"cpu_relax", Code::cpu_relax, {}, false, kNone, false, "cpu_relax();"},
        {"barrier", Code::barrier, {Kind::parties}, false, kNone, false, "barrier(2);"},
        {"wait_until",
         Code::wait_until,
         {Kind::condition},
         false,
         kNone,
         false,
         "wait_until(A.locked);"},
        {"READ_ONCE", Code::read_once, {Kind::variable}, true, kNone, false, "r0 = READ_ONCE(x);"},
        {"WRITE_ONCE",
         Code::write_once,
         {Kind::variable, Kind::value},
         false,
         kNone,
         false,
         "WRITE_ONCE(x, 1);"},
        {"smp_mb", Code::smp_mb, {}, false, kNone, false, "smp_mb();"},
        {"smp_rmb", Code::smp_rmb, {}, false, kNone, false, "smp_rmb();"},
        {"smp_wmb", Code::smp_wmb, {}, false, kNone, false, "smp_wmb();"},
    };
}

}  // namespace

const std::vector<BodyOperation>& body_operations() {
    static const std::vector<BodyOperation> kOperations = [] {
        std::vector<BodyOperation> all = lock_operations();
        for (const BodyOperation& operation : other_operations()) all.push_back(operation);
        return all;
    }();
    return kOperations;
}

const BodyOperation* body_operation(std::string_view name) {
    for (const BodyOperation& operation : body_operations())
        if (operation.name == name) return &operation;
    return nullptr;
}

Words body_operation_words() {
    Words words;
    for (const BodyOperation& operation : body_operations()) words.emplace_back(operation.name);
    return words;
}

const Words& reserved_words() {
    static const Words kWords = [] {
        Words words = body_operation_words();
        for (const char* word :
             {"if",          "else",          "while",   "for",     "repeat",  "return",    "at",
              "has",         "held",          "events",  "exited",  "fired",   "returned",  "count",
              "max_wait_ns", "qnodes_in_use", "time_ns", "wait_ns", "EDEADLK", "ETIMEDOUT", "EBUSY",
              "rq"})
            words.emplace_back(word);
        return words;
    }();
    return kWords;
}

}  // namespace lockstep
