import Glibc

/// The file descriptors that this process may have, and how they are shared out.
public enum OpenFiles {
  /// The most that may be open at once: the soft limit (getrlimit(2), `RLIMIT_NOFILE`).
  public static var limit: Int {
    var limits = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return 1_024 }
    return Int(clamping: limits.rlim_cur)
  }

  /// Connections that a crowd's listener may have: at most `wanted`, and no more than leaves `Limits.reservedFiles` for
  /// everything else, the operator's listener among it. At least 1.
  public static func connections(wanted: Int, limit: Int = limit) -> Int {
    // Where there are very few, half of them.
    max(1, min(wanted, max(limit - Limits.reservedFiles, limit / 2)))
  }
}
