/* For the bodies in C that stand in the place of inline assembly: the place in the kernel's file,
 * and which of its functions it is in.
 */
#ifndef LOCKSTEP_KSHIM_ASSEMBLY_BODY_H
#define LOCKSTEP_KSHIM_ASSEMBLY_BODY_H

/* clang-format off */
/* Only the sites of a body that is there stay in the object: they are not marked as used. */
#define kshim_asm_site(text)                                                              \
    __extension__({                                                                       \
        static __attribute__((section("sim_sites"), aligned(8)))                          \
        struct sim_site kshim_asm_here = {__FILE__, __func__, text, __LINE__, 0, 0, 0};   \
        &kshim_asm_here;                                                                  \
    })
/* Known when it is compiled: the other bodies are not there. */
#define kshim_in(name) (!__builtin_strcmp(__func__, name))
/* clang-format on */

#endif
