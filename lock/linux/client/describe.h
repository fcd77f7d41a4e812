/* Included at the end of a client's unit, with LOCKS defined: the one symbol the loader looks up.
 */
#ifndef LOCKSTEP_LOCK_LINUX_CLIENT_DESCRIBE_H
#define LOCKSTEP_LOCK_LINUX_CLIENT_DESCRIBE_H

#define KCLIENT_OPTIONAL __attribute__((weak, visibility("hidden")))
extern const struct kclient_param __start_sim_params[] KCLIENT_OPTIONAL;
extern const struct kclient_param __stop_sim_params[] KCLIENT_OPTIONAL;
extern const struct kclient_param_text __start_sim_param_texts[] KCLIENT_OPTIONAL;
extern const struct kclient_param_text __stop_sim_param_texts[] KCLIENT_OPTIONAL;
extern u64 kclient_uptime KCLIENT_HIDDEN;

static int call_init(void) {
    return kclient_init();
}
static void call_exit(void) {
    kclient_exit();
}

static const struct kclient_lock known_locks[] = {LOCKS};

__attribute__((visibility("default"))) const struct kclient_descriptor LOCKSTEP_KCLIENT_SYMBOL = {
    .abi = LOCKSTEP_KCLIENT_ABI,
    .lock_count = ARRAY_SIZE(known_locks),
    .init = call_init,
    .exit = call_exit,
    .params_begin = __start_sim_params,
    .params_end = __stop_sim_params,
    .texts_begin = __start_sim_param_texts,
    .texts_end = __stop_sim_param_texts,
    .locks = known_locks,
#ifdef RESULTS
    .results = RESULTS,
    .result_count = ARRAY_SIZE(RESULTS),
#endif
    .uptime_ns = &kclient_uptime,
};

#endif
