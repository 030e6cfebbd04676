import Glibc

/// Where a command writes its answer.
///
/// `print` keeps it in a buffer and tells nobody when the disk behind it is full: a script would take an empty file for
/// a report.
enum StandardOutput {
  /// Writes all of it before it returns. Throws `FileFailure`.
  static func write(_ text: String) throws(FileFailure) {
    try OutputFile.write(Array(text.utf8), into: STDOUT_FILENO, of: "standard output")
  }

  /// The same, and ends the line.
  static func write(line: String) throws(FileFailure) { try write(line + "\n") }

  /// Gives the three standard streams a descriptor where the caller has closed theirs. Otherwise the next file or
  /// socket that this process opens would get the number, and what is written here would go there.
  static func keepStandardStreams() {
    // Input and output in the direction in which they fail: an answer that nobody gets is an error.
    for (stream, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY)]
    where fcntl(stream, F_GETFD) == -1 {
      _ = open("/dev/null", mode)
    }
  }
}
