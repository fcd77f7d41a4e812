/* What the kernel's torture modules share, unmodified, and what they expect of the rest of it.
 */
#include <kclient_torture.h>

#include "kernel/torture.c"

long torture_sched_setaffinity(pid_t pid, const struct cpumask* mask, bool dowarn);
long torture_sched_setaffinity(pid_t pid, const struct cpumask* mask, bool dowarn) {
    (void)pid;
    (void)mask;
    (void)dowarn;
    return 0;
}

void kclient_warning(const char* file, int line, const char* function) {
    kclient_printk("WARNING: CPU: %d at %s:%d %s\n", (int)sim_cpu(), file, line, function);
}

void kclient_not_modelled(const char* what) {
    kclient_printk("%s is not modelled\n", what);
    BUG();
}
