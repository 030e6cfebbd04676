import ArgumentParser
import Foundation

/// `bench apart`: a program in a session of its own, with the process id of this one.
///
/// Linux shares the processors among sessions first and among their threads then (sched(7), *autogroup*), as it does
/// among the services of a machine. In one session, a load generator's busy thread delays each wake-up of a worker by
/// up to a time slice. No real shop does this to itself.
struct ApartCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apart", abstract: "Run a program in a session of its own.", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
  var command: [String]

  /// What to put before a program and its arguments.
  static var wrapper: [String] { [CommandLine.arguments[0], "apart"] }

  /// - Throws: if the program cannot be started.
  func run() throws {
    // A process group's leader cannot begin a session, so it joins its parent's group.
    guard let program = command.first, setpgid(0, getpgid(getppid())) == 0, setsid() >= 0 else {
      throw ValidationError("cannot begin a session: \(String(cString: strerror(errno)))")
    }
    var arguments = command.map { strdup($0) } + [nil]
    execvp(program, &arguments)
    throw ValidationError("cannot run \(program): \(String(cString: strerror(errno)))")
  }
}
