/* BPF's side of the lock: kernel functions offered to programs, and the report written to a
 * program's error stream. No program is ever on the stack here, so the report has no reader.
 */
#ifndef LOCKSTEP_KSHIM_BPF_H
#define LOCKSTEP_KSHIM_BPF_H

struct bpf_prog;
#ifdef KSHIM_BPF_RES_SPIN_LOCK /* no header of this tree has it */
struct bpf_res_spin_lock {
    u32 val;
};
#endif
struct bpf_stream_stage {
    int unused;
};
enum kshim_bpf_stream { BPF_STDOUT = 1, BPF_STDERR = 2 };

#define bpf_prog_find_from_stack() ((struct bpf_prog*)NULL)
/* clang-format off */
#define bpf_stream_stage(stage, prog, stream, body)                                       \
    __extension__({                                                                       \
        (void)(prog);                                                                     \
        (void)(stream);                                                                   \
        (stage).unused = 0;                                                               \
        (body);                                                                           \
    })
/* clang-format on */
#define bpf_stream_printk(stage, ...) kshim_discard(&(stage), __VA_ARGS__)
#define bpf_stream_dump_stack(stage) kshim_discard(&(stage), "")
static inline void kshim_discard(void* stage, const char* format, ...) {
    (void)stage;
    (void)format;
}

#define __bpf_kfunc __used
#define __bpf_kfunc_start_defs()
#define __bpf_kfunc_end_defs()
struct btf_id_set8 {
    int unused;
};
struct btf_kfunc_id_set {
    struct module* owner;
    struct btf_id_set8* set;
};
#define BTF_KFUNCS_START(name) static struct btf_id_set8 __maybe_unused name;
#define BTF_KFUNCS_END(name)
#define BTF_ID_FLAGS(...)
#define KF_ACQUIRE (1 << 0)
#define KF_RELEASE (1 << 1)
#define KF_RET_NULL (1 << 2)
#define BPF_PROG_TYPE_UNSPEC 0
static inline int register_btf_kfunc_id_set(int type, const struct btf_kfunc_id_set* set) {
    (void)type;
    (void)set;
    return 0;
}

#endif
