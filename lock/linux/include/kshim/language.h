/* Types, attributes and small helpers that are C rather than kernel: no access to shared memory
 * is made here.
 */
#ifndef LOCKSTEP_KSHIM_LANGUAGE_H
#define LOCKSTEP_KSHIM_LANGUAGE_H

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s32 __s32;
typedef s64 __s64;
typedef _Bool bool;
typedef long ssize_t;
typedef long long loff_t;
struct file;
struct module;

#define true 1
#define false 0
#define THIS_MODULE ((struct module*)NULL)

/* --- attributes ----------------------------------------------------------------------------- */

#define __aligned(bytes) __attribute__((aligned(bytes)))
#define ____cacheline_aligned __aligned(64)
#define ____cacheline_aligned_in_smp __aligned(64)
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define noinline __attribute__((noinline))
#define noinstr noinline
#define notrace
#define __pure __attribute__((pure))
#define __maybe_unused __attribute__((unused))
#define __used __attribute__((used))
#define __visible __attribute__((used))
#define __no_randomize_layout
#define __lockfunc
#define __init
#define __percpu
#define __user
#define __iomem
#define __rcu
#define __must_check
#define __cold
#define __read_mostly
#define __ro_after_init
#define asmlinkage

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define unreachable() __builtin_unreachable()
#define fallthrough __attribute__((fallthrough))

/* --- compile-time checks -------------------------------------------------------------------- */

#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#define BUILD_BUG_ON_MSG(condition, message) _Static_assert(!(condition), message)
#ifndef static_assert
#define static_assert(condition, ...) _Static_assert(condition, #condition)
#endif

/* 1 if `option` is defined as 1. The second argument of the last step is 1 only if pasting the
 * option's value onto the prefix gave a macro that adds an argument. */
#define kshim_second(first, second, ...) second
#define kshim_is_one_1 0,
#define kshim_is_one(value) kshim_is_one_(value)
#define kshim_is_one_(value) kshim_is_one__(kshim_is_one_##value 1, 0)
#define kshim_is_one__(pasted, ...) kshim_second(pasted, __VA_ARGS__)
#define IS_ENABLED(option) kshim_is_one(option)
#define IS_BUILTIN(option) kshim_is_one(option)

/* The type of a scalar without qualifiers. Pointers and small structs are never qualified in the
 * code we build. */
/* clang-format off */
#define __unqual_scalar_typeof(x)                                                   \
    __typeof__(_Generic((x),                                                        \
        _Bool: (_Bool)0, char: (char)0,                                             \
        signed char: (signed char)0, unsigned char: (unsigned char)0,               \
        short: (short)0, unsigned short: (unsigned short)0,                         \
        int: 0, unsigned: 0u, long: 0l, unsigned long: 0ul,                         \
        long long: 0ll, unsigned long long: 0ull, default: (x)))

/* Each argument is evaluated once: evaluating one may be a step. */
#define min(a, b)                                                                   \
    __extension__({                                                                 \
        __typeof__(a) kshim_a = (a);                                                \
        __typeof__(b) kshim_b = (b);                                                \
        kshim_a < kshim_b ? kshim_a : kshim_b;                                      \
    })
#define max(a, b)                                                                   \
    __extension__({                                                                 \
        __typeof__(a) kshim_a = (a);                                                \
        __typeof__(b) kshim_b = (b);                                                \
        kshim_a > kshim_b ? kshim_a : kshim_b;                                      \
    })
#define container_of(pointer, type, member)                                         \
    ((type *)((char *)(pointer) - __builtin_offsetof(type, member)))
/* clang-format on */
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define memset(to, byte, size) __builtin_memset(to, byte, size)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1ul << (n))
#define ALIGN(value, to) (((value) + (to)-1) & ~((__typeof__(value))(to)-1))

/* --- error numbers and time units ----------------------------------------------------------- */

#define EBUSY 16
#define EINVAL 22
#define ENOMEM 12
#define EDEADLK 35
#define ETIMEDOUT 110
#define ENOTSUPP 524

#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_SEC 1000000000L

#define EXPORT_SYMBOL(symbol)
#define EXPORT_SYMBOL_GPL(symbol)
#define EXPORT_PER_CPU_SYMBOL(symbol)

/* Registration with the rest of the kernel never runs, but its code must still compile. */
#define late_initcall(function) \
    static int (*const kshim_initcall_##function)(void) __maybe_unused = function

#endif
