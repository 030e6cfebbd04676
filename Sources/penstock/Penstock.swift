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
      """,
    version: "0.1.0",
    subcommands: [
      UpCommand.self, IntakeCommand.self, WorkerCommand.self, AdminCommand.self, BrokerCommand.self,
      MigrateCommand.self, SaleCommand.self, ReportCommand.self, AuditCommand.self,
    ])
}
