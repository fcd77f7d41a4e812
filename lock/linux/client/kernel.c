/* The kernel side of kclient.h. Built without instrumentation: none of this is under test.
 */
#include <kclient.h>

#undef snprintf
#undef sprintf
int snprintf(char* to, size_t size, const char* format, ...);

u64 kclient_uptime KCLIENT_HIDDEN;

/* --- printk -------------------- */

#define LINE_BYTES 1024

struct printed {
    char* to;
    size_t size; /* with room for the closing zero */
    size_t used; /* what it would take */
};

static void put(struct printed* out, const char* text) {
    for (; *text; ++text, ++out->used)
        if (out->used + 1 < out->size) out->to[out->used] = *text;
}

/* CPUs of a mask as the kernel lists them: 0-3. Ours are never others than the first n. */
static void put_mask(struct printed* out, int bits, const unsigned long* mask) {
    char text[32];
    int count = 0;

    for (int cpu = 0; cpu < bits && cpu < 64; ++cpu) count += (int)(*mask >> cpu & 1);
    if (count == 0) return;
    snprintf(text, sizeof(text), count == 1 ? "0" : "0-%d", count - 1);
    put(out, text);
}

/* One conversion, from its % on; returns what follows it. */
static const char* put_one(struct printed* out, const char* at, va_list* values) {
    char spec[16], text[LINE_BYTES];
    unsigned length = 0, longs = 0;
    int width = -1;

    spec[length++] = *at++;
    for (; length < sizeof(spec) - 2 && *at; ++at) {
        if (*at == '*')
            width = va_arg(*values, int);
        else if (*at == 'l' || *at == 'z')
            ++longs;
        else if ((*at >= '0' && *at <= '9') || *at == '-' || *at == '.' || *at == '+')
            spec[length++] = *at;
        else
            break;
    }
    if (*at == 'p' && at[1] == 'b' && at[2] == 'l') {
        put_mask(out, width, va_arg(*values, const unsigned long*));
        return at + 3;
    }
    if (longs && *at != 's') spec[length++] = 'l';
    spec[length++] = *at;
    spec[length] = '\0';
    switch (*at) {
        case '%':
            put(out, "%");
            return at + 1;
        case 's':
            snprintf(text, sizeof(text), spec, va_arg(*values, const char*));
            break;
        case 'p':
            (void)va_arg(*values, void*);
            snprintf(text, sizeof(text), "(pointer)"); /* the kernel hashes it */
            break;
        case 'd':
        case 'i':
            if (longs)
                snprintf(text, sizeof(text), spec, va_arg(*values, long));
            else
                snprintf(text, sizeof(text), spec, va_arg(*values, int));
            break;
        default:
            if (longs)
                snprintf(text, sizeof(text), spec, va_arg(*values, unsigned long));
            else
                snprintf(text, sizeof(text), spec, va_arg(*values, unsigned));
    }
    put(out, text);
    return at + 1;
}

static int print(char* to, size_t size, const char* format, va_list* values) {
    struct printed out = {to, size, 0};
    char one[2] = {0, 0};

    while (*format) {
        if (*format == '%') {
            format = put_one(&out, format, values);
            continue;
        }
        one[0] = *format++;
        put(&out, one);
    }
    to[out.used < size ? out.used : size - 1] = '\0';
    return (int)out.used;
}

#define PRINT(to, size)                            \
    va_list values;                                \
    va_start(values, format);                      \
    int length = print(to, size, format, &values); \
    va_end(values)

int kclient_printk(const char* format, ...) {
    char line[LINE_BYTES];
    PRINT(line, sizeof(line));

    if (length > 0 && length < LINE_BYTES && line[length - 1] == '\n') line[length - 1] = '\0';
    sim_printk(line);
    return length;
}

int kclient_sprintf(char* to, const char* format, ...) {
    PRINT(to, LINE_BYTES);
    return length;
}

int kclient_snprintf(char* to, size_t size, const char* format, ...) {
    PRINT(to, size);
    return length;
}

/* --- time -------------------- */

u64 kclient_clock(void) {
    return sim_clock(SIM_SITE("clock")) + kclient_uptime;
}

void kclient_sleep(u64 ns) {
    u64 end = kclient_clock() + ns;

    for (u64 now = end - ns; now < end; now = kclient_clock()) sim_sleep(end - now);
}

long kclient_schedule_timeout(u64 ns) {
    u64 end = kclient_clock() + ns;
    u64 now;

    sim_sleep(ns);
    now = kclient_clock();
    return now < end ? (long)((end - now) / (NSEC_PER_SEC / HZ)) : 0;
}

/* --- threads -------------------- */

static int next_cpu, next_pid;

static void thread_main(void* argument) {
    struct task_struct* task = argument;

    task->result = task->function(task->argument);
}

struct task_struct* kclient_thread(int (*function)(void*), void* argument, const char* format,
                                   ...) {
    char name[24];
    PRINT(name, sizeof(name));
    struct task_struct* task = sim_alloc(sizeof(*task));

    (void)length;
    if (!task) return ERR_PTR(-ENOMEM);
    task->function = function;
    task->argument = argument;
    task->cpu = -1;
    task->pid = ++next_pid;
    task->id = sim_task_create(thread_main, task, name);
    return task->id < 0 ? ERR_PTR(-ENOMEM) : task;
}

void kthread_bind(struct task_struct* task, unsigned cpu) {
    task->cpu = (int)cpu;
}

/* A thread that is bound to none gets the next CPU, and stays there. */
int wake_up_process(struct task_struct* task) {
    if (!task->started) {
        task->started = 1;
        if (task->cpu < 0) task->cpu = next_cpu++ % (int)sim_cpus();
        sim_task_bind(task->id, (unsigned)task->cpu);
    }
    sim_task_wake(task->id);
    return 1;
}

int kthread_stop(struct task_struct* task) {
    sim_task_stop(task->id);
    return task->result;
}

/* --- performance counters -------------------- */

struct perf_event {
    int counter;
    perf_overflow_handler_t handler;
};

static void overflow(void* argument) {
    struct perf_event* event = argument;

    event->handler(event, NULL, NULL);
}

struct perf_event* perf_event_create_kernel_counter(struct perf_event_attr* attr, int cpu,
                                                    struct task_struct* task,
                                                    perf_overflow_handler_t handler,
                                                    void* context) {
    struct perf_event* event = sim_alloc(sizeof(*event));

    (void)task;
    (void)context;
    if (!event) return ERR_PTR(-ENOMEM);
    event->handler = handler;
    event->counter =
        sim_counter_create((unsigned)cpu, sim_cycles_to_ns(attr->sample_period), overflow, event);
    if (event->counter < 0) return ERR_PTR(-ENOMEM);
    if (!attr->disabled) perf_event_enable(event);
    return event;
}

void perf_event_enable(struct perf_event* event) {
    sim_counter_enable(event->counter, 1);
}

void perf_event_disable(struct perf_event* event) {
    sim_counter_enable(event->counter, 0);
}

int perf_event_release_kernel(struct perf_event* event) {
    perf_event_disable(event);
    return 0;
}
