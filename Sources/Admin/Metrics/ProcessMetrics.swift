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
    if let count = Self.openFiles() {
      writer.single("process_open_fds", "gauge", Double(count), help: "Open file descriptors.")
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

  /// Bytes in RAM: the second number of /proc/self/statm, in pages (proc(5)). Reading it blocks on no device.
  static func residentBytes() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
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
