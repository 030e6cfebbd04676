import ArgumentParser

/// The command line. Each command reads its configuration from the environment (see `Variable`).
@main
struct Penstock: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "penstock",
    abstract: "Turns a spike of purchase requests into an ordered log, and the log into sold stock, exactly once.",
    discussion: """
      A first try, with everything in one process and an embedded broker that is not durable:
        export PENSTOCK_DATABASE_URL=postgresql://penstock@127.0.0.1/penstock
        export PENSTOCK_TICKET_KEY=$(openssl rand -hex 32)
        penstock migrate && penstock up

      Configuration: environment variables, listed in README.md.
      """.flowing,
    version: "0.1.0",
    subcommands: [
      UpCommand.self, IntakeCommand.self, WorkerCommand.self, RelayCommand.self, AdminCommand.self, BrokerCommand.self,
      MigrateCommand.self, SaleCommand.self, OrderCommands.self, CodeCommand.self, RoomCommand.self, DrawCommand.self,
      LanesCommand.self, WebhookCommand.self, ReportCommand.self, AuditCommand.self, FairnessCommand.self,
      ProofCommand.self,
    ])
}

extension Penstock {
  /// Parses the arguments, runs the command, and ends the process.
  static func main() async {
    StandardOutput.keepStandardStreams()
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      try UnknownCommand.refuse(in: arguments, of: self)
      var command = try await asyncParseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      guard exitCode(for: error) == .success else { exit(withError: error) }
      // Help or the version: it is the answer, and can fail to be written as any answer.
      do {
        try StandardOutput.write(line: fullMessage(for: error))
      } catch {
        complain("\(error)")
        exit(withError: ExitCode(failureCode(of: error)))
      }
    }
  }
}
