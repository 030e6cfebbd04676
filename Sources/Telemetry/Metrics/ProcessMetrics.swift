internal import FoundationEssentials
import Glibc

/// What the kernel knows about this process, read on request. The names are the ones that Prometheus' own client
/// libraries use, so that ready-made dashboards find them.
struct ProcessMetrics: Sendable {
  private let version: String
  private let startedAt = Date()

  init(version: String) { self.version = version }

  /// Adds the process' metrics. A metric that the kernel does not tell (no /proc) is omitted, never shown as 0.
  func write(to writer: inout ExpositionWriter) {
    if let bytes = Self.residentBytes() {
      writer.single(
        "process_resident_memory_bytes", "gauge", Double(bytes), help: "Memory that this process has in RAM, in bytes.")
    }
    if let bytes = Self.virtualBytes() {
      writer.single(
        "process_virtual_memory_bytes", "gauge", Double(bytes), help: "Address space of this process, in bytes.")
    }
    if let count = Self.openFiles() {
      writer.single("process_open_fds", "gauge", Double(count), help: "Open file descriptors.")
    }
    if let count = Self.openFilesMost() {
      writer.single(
        "process_max_fds", "gauge", Double(count), help: "File descriptors that this process may have open.")
    }
    if let count = Self.threads() {
      writer.single("process_threads", "gauge", Double(count), help: "Threads of this process.")
    }
    if let seconds = Self.processorSeconds() {
      writer.single("process_cpu_seconds_total", "counter", seconds, help: "Processor time used, in seconds.")
    }
    writer.single(
      "process_start_time_seconds", "gauge", startedAt.timeIntervalSince1970,
      help: "When this process started, in seconds since 1970.")
    writer.single(
      "process_uptime_seconds", "gauge", -startedAt.timeIntervalSinceNow, help: "Age of this process, in seconds.")
    writer.single(
      "penstock_build_info", "gauge", 1, help: "Always 1; the version of this build is its label.",
      labels: Labels([("version", version)]))
  }

  static func residentBytes() -> Int? { memoryBytes(field: 1) }

  private static func virtualBytes() -> Int? { memoryBytes(field: 0) }

  /// A number of /proc/self/statm, which has pages: all of them first, then those in RAM (proc(5)). Reading it blocks
  /// on no device.
  private static func memoryBytes(field: Int) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    let fields = text.split(separator: " ")
    guard fields.count > field, let pages = Int(fields[field]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The soft limit, past which no descriptor is given out.
  private static func openFilesMost() -> UInt64? {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? UInt64(limit.rlim_cur) : nil
  }

  /// Entries of /proc/self/task.
  private static func threads() -> Int? {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task"))?.count
  }

  /// Entries of /proc/self/fd, without the one that listing them takes.
  private static func openFiles() -> Int? {
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") else { return nil }
    return entries.count - 1
  }

  private static func processorSeconds() -> Double? {
    var time = timespec()
    // "CLOCK_PROCESS_CPUTIME_ID: per-process CPU-time clock, measures CPU time consumed by all threads"
    // (clock_gettime(2)).
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
