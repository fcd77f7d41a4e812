/* What the BPF selftest program needs to be plain C: maps are arrays, sections are nothing, the
 * lock's kernel functions are called directly.
 */
#ifndef LOCKSTEP_KCLIENT_BPF_H
#define LOCKSTEP_KCLIENT_BPF_H

#include <kclient.h>

#define SEC(name)
#define __hidden
#define __uint(name, value) int(*name)[value]
#define __type(name, value) __typeof__(value)* name
#define BPF_MAP_TYPE_ARRAY 2
struct __sk_buff;

/* The only map there is has 64 values that begin with a lock. */
void* kclient_bpf_lookup(int key);
#define bpf_map_lookup_elem(map, key) ((void)(map), kclient_bpf_lookup(*(key)))
#define bpf_ktime_get_ns() kclient_clock()

int bpf_res_spin_lock(struct bpf_res_spin_lock* lock);
void bpf_res_spin_unlock(struct bpf_res_spin_lock* lock);
static inline int kclient_bpf_lock(struct bpf_res_spin_lock* lock) {
    int ret;

    sim_note_acquire(lock, 0);
    ret = bpf_res_spin_lock(lock);
    sim_note_acquired(lock, ret);
    return ret;
}
static inline void kclient_bpf_unlock(struct bpf_res_spin_lock* lock) {
    sim_note_release(lock);
    bpf_res_spin_unlock(lock);
    sim_note_released(lock);
}
#define bpf_res_spin_lock(lock) kclient_bpf_lock(lock)
#define bpf_res_spin_unlock(lock) kclient_bpf_unlock(lock)

#endif
