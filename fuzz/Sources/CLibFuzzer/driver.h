#pragma once
#include <stddef.h>
#include <stdint.h>

// "Using libFuzzer as a library" (llvm.org/docs/LibFuzzer.html); compiler-rt has no header for it.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test_one_input)(const uint8_t *start, size_t count));
