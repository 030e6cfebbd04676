#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <sys/prctl.h>

// prctl is variadic and not imported into Swift; pthread_setname_np needs _GNU_SOURCE, which Swift's Glibc lacks.
// PR_SET_NAME: "the name can be up to 16 bytes long, including the terminating null byte" (longer ones are cut).
static inline void penstock_name_this_thread(const char *name) {
  prctl(PR_SET_NAME, name);
}
