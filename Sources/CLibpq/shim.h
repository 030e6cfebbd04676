#pragma once
#include <libpq-fe.h>
// Not part of Swift's Glibc module; waiting for a connection's socket needs something that ends the wait.
#include <sys/eventfd.h>
